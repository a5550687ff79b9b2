-- KPI: impressions of public mentions of a brand, over those of all watched brands, for each kind of period.
with

impression_totals as (

    -- running totals: the largest, because platforms take likes back
    select
        subject_key,
        max(impression_count) as weight

    from {{ ref('fct_engagement') }}
    where subject_kind = 'voice'
    group by subject_key

),

subjects as (

    select
        'reviews.fct_voices' as row_table,
        voices.voice_key as row_key,
        cast(voices.posted_at as date) as period_date,
        voices.channel_code,
        -- mentions of every brand are in the denominator, ours in the numerator too
        'own' as brand_code,
        'all' as product_key,
        voices.brand_code as mentioned_brand_code,
        voices.is_own_brand,
        cast(case when voices.is_own_brand then impression_totals.weight else 0 end as double) as numerator,
        cast(impression_totals.weight as double) as denominator

    from {{ ref('fct_voices') }} as voices

    inner join impression_totals
        on voices.voice_key = impression_totals.subject_key

    where
        -- the same mentions as in kpi_share_of_voice_mentions, where measured
        voices.voice_kind = 'mention'
        and voices.is_public
        and voices.is_original
        and voices.brand_code is not null
        and voices.posted_at is not null
        and impression_totals.weight is not null

),

{{ share_of_measure() }}

select * from shares
