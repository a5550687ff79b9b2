-- KPI: positive less negative, over all public voices that were judged, the undecided ones included.
with

subjects as (

    select
        'reviews.fct_voices' as row_table,
        voice_key as row_key,
        cast(posted_at as date) as period_date,
        channel_code,
        coalesce(brand_code, 'unknown') as brand_code,
        coalesce(product_key, 'unknown') as product_key,
        cast(case sentiment_code when 'positive' then 1 when 'negative' then -1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_voices') }}
    where
        is_public
        and is_original
        -- praise required for a reward is a violation and never counts as reputation
        and not is_praise_required
        and sentiment_code is not null
        and posted_at is not null

),

counts_by_day as (

    {{ kpi_counted(extras={
        'positive_count': 'count(*) filter (where numerator > 0)',
        'negative_count': 'count(*) filter (where numerator < 0)',
    }) }}

)

select * from counts_by_day
