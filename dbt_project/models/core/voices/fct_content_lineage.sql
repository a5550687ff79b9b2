-- Grain: one row per piece of content, with the voice or piece that its chain begins with.
with recursive

content as (

    select
        record_key,
        content_ref,
        channel_code,
        theme_code,
        format_code,
        ownership_code,
        published_at,
        derived_from_kind,
        derived_from_ref

    from {{ ref('stg_content') }}

),

pieces as (

    -- one row a ref, whatever channels deliver it
    select * from content
    qualify row_number() over (partition by content_ref order by record_key) = 1

),

-- down the chain from every piece that no other known piece is the parent of; each piece has one parent, so a
-- loop is never entered from outside, and what is not reached is in one
piece_chains (content_ref, root_kind, root_ref, parent_ref, generation, depth) as (

    select
        pieces.content_ref,
        coalesce(pieces.derived_from_kind, 'content') as root_kind,
        coalesce(pieces.derived_from_ref, pieces.content_ref) as root_ref,
        cast(null as string) as parent_ref,
        case when pieces.derived_from_ref is null then 0 else 1 end as generation,
        1 as depth

    from pieces

    left join pieces as parents
        on
            pieces.derived_from_kind = 'content'
            and pieces.derived_from_ref = parents.content_ref

    where parents.content_ref is null

    union all

    select
        pieces.content_ref,
        piece_chains.root_kind,
        piece_chains.root_ref,
        piece_chains.content_ref as parent_ref,
        piece_chains.generation + 1 as generation,
        piece_chains.depth + 1 as depth

    from piece_chains

    inner join pieces
        on
            piece_chains.content_ref = pieces.derived_from_ref
            and pieces.derived_from_kind = 'content'

    where piece_chains.depth < 50

),

roots as (

    select
        'review' as root_kind,
        voice_ref as root_ref,
        min(voice_key) as voice_key

    from {{ ref('fct_voices') }}
    where voice_kind = 'review'
    group by voice_ref

    union all

    select
        'mention' as root_kind,
        voice_ref as root_ref,
        min(voice_key) as voice_key

    from {{ ref('fct_voices') }}
    where voice_kind in ('mention', 'message')
    group by voice_ref

),

engagement as (

    -- counters are running totals, and a platform takes likes back but no impressions
    select
        subject_key,
        max(impression_count) as impression_count,
        max(share_count) as share_count,
        max(measured_on) as measured_on

    from {{ ref('fct_engagement') }}
    where subject_kind = 'content'
    group by subject_key

),

final as (

    select

        ---------- keys
        'content:' || content.record_key as content_key,
        content.content_ref,
        content.channel_code,
        piece_chains.root_kind,
        piece_chains.root_ref,
        roots.voice_key as root_voice_key,
        content.derived_from_kind,
        content.derived_from_ref,

        ---------- place in the chain
        cast(piece_chains.generation as integer) as generation,
        piece_chains.content_ref is null as is_in_loop,

        ---------- the piece
        content.theme_code,
        content.format_code,
        content.ownership_code,
        content.published_at,

        ---------- measures
        engagement.impression_count,
        engagement.share_count,
        engagement.measured_on

    from content

    left join piece_chains
        on content.content_ref = piece_chains.content_ref

    left join roots
        on
            piece_chains.root_kind = roots.root_kind
            and piece_chains.root_ref = roots.root_ref

    left join engagement
        on engagement.subject_key = 'content:' || content.record_key

)

select * from final
