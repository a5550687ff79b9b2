-- KPI: public voices, each counted once.
with

subjects as (

    select
        'reviews.fct_voices' as row_table,
        voice_key as row_key,
        cast(posted_at as date) as period_date,
        channel_code,
        coalesce(brand_code, 'unknown') as brand_code,
        coalesce(product_key, 'unknown') as product_key,
        cast(1 as double) as numerator,
        -- a volume has no denominator
        cast(null as double) as denominator

    from {{ ref('fct_voices') }}
    where
        is_public
        -- a reshare is not another voice
        and is_original
        and posted_at is not null

),

counts_by_day as (

    {{ kpi_counted() }}

)

select * from counts_by_day
