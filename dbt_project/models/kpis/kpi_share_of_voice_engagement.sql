-- KPI: likes, comments, shares and saves of public mentions of a brand, over those of all watched brands.
with

engagement_totals as (

    -- running totals: the largest, because platforms take likes back
    select
        subject_key,
        max(
            coalesce(like_count, 0) + coalesce(comment_count, 0) + coalesce(share_count, 0) + coalesce(save_count, 0)
        ) as weight

    from {{ ref('fct_engagement') }}
    where
        subject_kind = 'voice'
        -- missing counters count as 0 where at least one is exported; without any the voice is not measured
        and coalesce(like_count, comment_count, share_count, save_count) is not null
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
        cast(case when voices.is_own_brand then engagement_totals.weight else 0 end as double) as numerator,
        cast(engagement_totals.weight as double) as denominator

    from {{ ref('fct_voices') }} as voices

    inner join engagement_totals
        on voices.voice_key = engagement_totals.subject_key

    where
        -- the same mentions as in kpi_share_of_voice_mentions, where measured
        voices.voice_kind = 'mention'
        and voices.is_public
        and voices.is_original
        and voices.brand_code is not null
        and voices.posted_at is not null
        and engagement_totals.weight is not null

),

{{ share_of_measure() }}

select * from shares
