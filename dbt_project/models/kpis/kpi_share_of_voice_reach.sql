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

{{ share_of_voice('impression_totals') }}

select * from shares
