-- KPI: channels that delivered everything that was due from them on a day, over channels from which something was due.
with

subjects as (

    select
        'reviews.mart_source_days' as row_table,
        source_day_key as row_key,
        source_date as period_date,
        channel_code,
        'own' as brand_code,
        'all' as product_key,
        cast(case when is_covered then 1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('mart_source_days') }}
    -- null where nothing was due
    where is_covered is not null

),

counts_by_day as (

    {{ kpi_counted() }}

)

select * from counts_by_day
