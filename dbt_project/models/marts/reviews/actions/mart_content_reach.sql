-- Grain: one row per chain of content and generation; `all` stands for every chain that begins with a voice.
with

lineage as (

    select * from {{ ref('fct_content_lineage') }}
    where not is_in_loop

),

impressions as (

    -- of the voice itself, where a platform measures it
    select
        subject_key,
        max(impression_count) as impression_count

    from {{ ref('fct_engagement') }}
    where subject_kind = 'voice'
    group by subject_key

),

pieces as (

    select
        root_kind,
        root_ref,
        generation,
        impression_count,
        root_kind <> 'content' as is_from_voice

    from lineage

    union all

    select distinct
        lineage.root_kind,
        lineage.root_ref,
        0 as generation,
        impressions.impression_count,
        true as is_from_voice

    from lineage

    left join impressions
        on lineage.root_voice_key = impressions.subject_key

    where lineage.root_kind <> 'content'

),

generation_counts as (

    select
        case when grouping(root_ref) = 1 then 'all' else root_kind end as root_kind,
        case when grouping(root_ref) = 1 then 'all' else root_ref end as root_ref,
        generation,
        count(*) as piece_count,
        count(impression_count) as measured_count,
        cast(sum(impression_count) as bigint) as impression_count

    from pieces
    group by
        grouping sets (
            (root_kind, root_ref, generation),
            (is_from_voice, generation)
        )
    having grouping(root_ref) = 0 or is_from_voice

),

final as (

    select
        generation_counts.root_kind,
        generation_counts.root_ref,
        cast(generation_counts.generation as integer) as generation,
        generation_counts.piece_count,
        generation_counts.measured_count,
        generation_counts.impression_count,
        generation_counts.piece_count / parents.piece_count as pieces_per_parent,
        cast(generation_counts.impression_count / nullif(parents.impression_count, 0) as double) as reach_multiplier,
        cast(sum(generation_counts.impression_count) over (
            partition by generation_counts.root_kind, generation_counts.root_ref
            order by generation_counts.generation
        ) as bigint) as cumulative_impression_count

    from generation_counts

    left join generation_counts as parents
        on
            generation_counts.root_kind = parents.root_kind
            and generation_counts.root_ref = parents.root_ref
            and generation_counts.generation = parents.generation + 1

)

select * from final
