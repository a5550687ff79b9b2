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

{{ share_of_voice('engagement_totals') }}

select * from shares
