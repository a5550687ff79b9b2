-- KPI: how often word-of-mouth content about us was passed on, over how often it was shown, by the day of posting.
with

share_totals as (

    -- running totals: the largest, because platforms take likes back
    select
        subject_key,
        max(share_count) as share_count,
        max(impression_count) as impression_count

    from {{ ref('fct_engagement') }}
    -- a day with only one of the two counters would bias the rate
    where share_count is not null and impression_count is not null
    group by subject_key

),

subjects as (

    select
        'reviews.fct_voices' as row_table,
        voices.voice_key as row_key,
        cast(voices.posted_at as date) as period_date,
        voices.channel_code,
        coalesce(voices.brand_code, 'unknown') as brand_code,
        coalesce(voices.product_key, 'unknown') as product_key,
        cast(share_totals.share_count as double) as numerator,
        cast(share_totals.impression_count as double) as denominator

    from {{ ref('fct_voices') }} as voices

    inner join share_totals
        on voices.voice_key = share_totals.subject_key

    where
        voices.is_public
        and voices.is_original
        and voices.posted_at is not null
        and share_totals.impression_count > 0

    union all

    -- content made from a voice spreads it; other content of the brand is no word of mouth
    select
        'reviews.fct_content_lineage' as row_table,
        lineage.content_key as row_key,
        cast(lineage.published_at as date) as period_date,
        lineage.channel_code,
        'own' as brand_code,
        'all' as product_key,
        cast(share_totals.share_count as double) as numerator,
        cast(share_totals.impression_count as double) as denominator

    from {{ ref('fct_content_lineage') }} as lineage

    inner join share_totals
        on lineage.content_key = share_totals.subject_key

    where
        lineage.root_kind in ('review', 'mention')
        and lineage.published_at is not null
        and share_totals.impression_count > 0

),

counts_by_day as (

    {{ kpi_counted(extras={'sample_count': 'count(*)'}) }}

)

select * from counts_by_day
