-- Grain: one row per scored text, by the scorer named in sentiment_scorer, its latest version.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='text_sha256') }}

with

affected as (

    {{ affected_keys([changed_in('text_scores', 'text_sha256')]) }}

),

source as (

    select * from {{ source('raw', 'text_scores') }}
    where {{ is_affected('text_sha256') }}

),

renamed as (

    select

        ---------- ids
        text_sha256,
        scorer,
        scorer_version,

        ---------- measures
        -- null where there was nothing to judge
        p_negative,
        p_neutral,
        p_positive

    from source
    where scorer = '{{ var("sentiment_scorer") }}'
    -- versions have no order of their own: the one that scored last is the one in use
    qualify row_number() over (
        partition by text_sha256
        order by load_id desc, scorer_version desc
    ) = 1

)

select * from renamed
