-- KPI: positive over negative public voices; null without negative voices.
with

subjects as (

    select
        'reviews.fct_voices' as row_table,
        voice_key as row_key,
        cast(posted_at as date) as period_date,
        channel_code,
        coalesce(brand_code, 'unknown') as brand_code,
        coalesce(product_key, 'unknown') as product_key,
        cast(case when sentiment_code = 'positive' then 1 else 0 end as double) as numerator,
        cast(case when sentiment_code = 'negative' then 1 else 0 end as double) as denominator

    from {{ ref('fct_voices') }}
    where
        is_public
        and is_original
        -- praise required for a reward is a violation and never counts as reputation
        and not is_praise_required
        and sentiment_code in ('positive', 'negative')
        and posted_at is not null

),

counts_by_day as (

    {{ kpi_counted(extras={'sample_count': 'count(*)'}) }}

)

select * from counts_by_day
