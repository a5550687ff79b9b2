-- KPI: impressions of everything that was made of a voice, over those of what was made of it first.
with

pieces as (

    select * from {{ ref('fct_content_lineage') }}
    where
        -- the chains of mart_content_reach that begin with a voice
        not is_in_loop
        and root_kind <> 'content'
        and generation >= 1
        and impression_count is not null

),

chains as (

    -- a chain counts on the day on which it began, with all its later generations
    select
        root_kind,
        root_ref,
        min(cast(published_at as date)) as began_on

    from pieces
    where generation = 1
    group by root_kind, root_ref

),

subjects as (

    select
        'reviews.fct_content_lineage' as row_table,
        pieces.content_key as row_key,
        chains.began_on as period_date,
        coalesce(voices.channel_code, pieces.channel_code) as channel_code,
        coalesce(voices.brand_code, 'own') as brand_code,
        coalesce(voices.product_key, 'unknown') as product_key,
        cast(pieces.impression_count as double) as numerator,
        cast(case when pieces.generation = 1 then pieces.impression_count else 0 end as double) as denominator

    from pieces

    -- without impressions of the first pieces there is no multiple
    inner join chains
        on
            pieces.root_kind = chains.root_kind
            and pieces.root_ref = chains.root_ref

    left join {{ ref('fct_voices') }} as voices
        on pieces.root_voice_key = voices.voice_key

    where chains.began_on is not null

),

counts_by_day as (

    {{ kpi_counted(extras={'sample_count': 'count(*)'}) }}

)

select * from counts_by_day
