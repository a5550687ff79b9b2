-- Grain: one row per text that nearly repeats another text of the public.
with

pairs as (

    select * from {{ ref('int_near_duplicate_pairs') }}

),

texts_of_voices as (

    -- a service desk answers from templates all day; only what the public writes is looked at
    select distinct text_sha256
    from {{ ref('fct_voices') }}
    where
        is_public
        and is_original
        and text_sha256 is not null

),

edges as ( -- noqa: ST03

    select
        pairs.text_sha256 as node,
        pairs.other_text_sha256 as other

    from pairs

    inner join texts_of_voices
        on pairs.text_sha256 = texts_of_voices.text_sha256

    inner join texts_of_voices as others
        on pairs.other_text_sha256 = others.text_sha256

),

labels as ( -- noqa: ST03

    select
        node,
        node as label

    from edges

    union

    select
        other as node,
        other as label

    from edges

),

components as (

    -- the linter does not know DuckDB's `using key`
    select * from ({{ connected_components('edges', 'labels') }}) as found -- noqa: PRS

),

neighbours as (

    select
        node as text_sha256,
        other as other_text_sha256

    from edges

    union all

    select
        other as text_sha256,
        node as other_text_sha256

    from edges

),

nearest_neighbours as (

    select
        neighbours.text_sha256,
        neighbours.other_text_sha256,
        pairs.similarity

    from neighbours

    inner join pairs
        on
            greatest(neighbours.text_sha256, neighbours.other_text_sha256) = pairs.text_sha256
            and least(neighbours.text_sha256, neighbours.other_text_sha256) = pairs.other_text_sha256

    qualify row_number() over (
        partition by neighbours.text_sha256
        order by pairs.similarity desc, neighbours.other_text_sha256 asc
    ) = 1

),

text_clusters as (

    select
        components.node as text_sha256,
        components.label as cluster_key,
        nearest_neighbours.other_text_sha256 as nearest_text_sha256,
        nearest_neighbours.similarity

    from components

    inner join nearest_neighbours
        on components.node = nearest_neighbours.text_sha256

)

select * from text_clusters
