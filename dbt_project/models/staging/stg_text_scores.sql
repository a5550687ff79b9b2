-- Grain: one row per scored text: the scorer named in sentiment_scorer, and SnowNLP beside it for comparison.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='text_sha256') }}

with

affected as (

    {{ affected_keys([changed_in('text_scores', 'text_sha256')]) }}

),

source as (

    select * from {{ source('raw', 'text_scores') }}
    where {{ is_affected('text_sha256') }}

),

champions as (

    select
        scorer,
        scorer_version

    from {{ source('raw', 'models') }}
    where is_champion

),

latest as (

    select
        source.text_sha256,
        source.scorer,
        source.scorer_version,
        source.p_negative,
        source.p_neutral,
        source.p_positive

    from source

    left join champions
        on
            source.scorer = champions.scorer
            and source.scorer_version = champions.scorer_version

    -- the model in force, which may be an older one again; a scorer that names none is read as it scored last,
    -- for versions have no order of their own
    qualify row_number() over (
        partition by source.text_sha256, source.scorer
        order by champions.scorer_version is null asc, source.load_id desc, source.scorer_version desc
    ) = 1

),

snownlp as (

    select * from latest
    where scorer = 'snownlp_sentiment'

),

champion_scores as (

    select * from latest
    where scorer = '{{ var("sentiment_scorer") }}'

),

final as (

    select

        ---------- ids
        coalesce(champion_scores.text_sha256, snownlp.text_sha256) as text_sha256,
        champion_scores.scorer,
        champion_scores.scorer_version,

        ---------- measures, null where there was nothing to judge
        champion_scores.p_negative,
        champion_scores.p_neutral,
        champion_scores.p_positive,
        snownlp.p_positive as snownlp_score

    from champion_scores

    full join snownlp
        on champion_scores.text_sha256 = snownlp.text_sha256

)

select * from final
