-- KPI: reviews of four stars and more, over all rated ones.
with

subjects as (

    select
        'reviews.fct_voices' as row_table,
        voice_key as row_key,
        cast(posted_at as date) as period_date,
        channel_code,
        coalesce(brand_code, 'unknown') as brand_code,
        coalesce(product_key, 'unknown') as product_key,
        cast(case when rating_share >= {{ var('positive_rating_from') }} then 1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_voices') }}
    where
        voice_kind = 'review'
        and is_original
        and rating_share is not null
        and posted_at is not null

),

counts_by_day as (

    {{ kpi_counted() }}

)

select * from counts_by_day
