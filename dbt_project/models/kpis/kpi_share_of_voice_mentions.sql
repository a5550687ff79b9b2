-- KPI: public mentions of a brand over those of all watched brands, for each kind of period.
with

subjects as (

    select
        'reviews.fct_voices' as row_table,
        voice_key as row_key,
        cast(posted_at as date) as period_date,
        channel_code,
        -- mentions of every brand are in the denominator, ours in the numerator too
        'own' as brand_code,
        'all' as product_key,
        brand_code as mentioned_brand_code,
        is_own_brand,
        cast(case when is_own_brand then 1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_voices') }}
    where
        -- reviews and cases are always about us; only mentions are searched for every brand alike
        voice_kind = 'mention'
        and is_public
        and is_original
        and brand_code is not null
        and posted_at is not null

),

{{ share_of_measure() }}

select * from shares
