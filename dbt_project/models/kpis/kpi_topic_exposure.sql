-- KPI: times that our topics were shown, by the day on which they were.
with

subjects as (

    select
        'reviews.mart_topic_exposure_days' as row_table,
        topic_day_key as row_key,
        measured_on as period_date,
        channel_code,
        'own' as brand_code,
        'all' as product_key,
        cast(impression_count as double) as numerator,
        -- a volume has no denominator
        cast(null as double) as denominator

    from {{ ref('mart_topic_exposure_days') }}
    where impression_count is not null

),

counts_by_day as (

    {{ kpi_counted() }}

)

select * from counts_by_day
