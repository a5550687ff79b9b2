-- Grain: one row per response.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='response_key') }}

with

affected as (

    {{ affected_keys([
        changed_in('responses'),
        changed_by('responses', 'record_key', 'target_ref', 'reviews', 'review_ref'),
        changed_by('responses', 'record_key', 'target_ref', 'mentions', 'mention_ref'),
        changed_by('responses', 'record_key', 'target_ref', 'cases', 'case_ref'),
    ]) }}

),

responses as (

    select * from {{ ref('stg_responses') }}
    where {{ is_affected('record_key') }}

),

subjects as (

    select
        'review' as target_kind,
        review_ref as target_ref,
        min('review:' || record_key) as subject_key

    from {{ ref('stg_reviews') }}
    where review_ref in (select responses.target_ref from responses)
    group by review_ref

    union all

    select
        'mention' as target_kind,
        mention_ref as target_ref,
        min('mention:' || record_key) as subject_key

    from {{ ref('stg_mentions') }}
    where mention_ref in (select responses.target_ref from responses)
    group by mention_ref

    union all

    select
        'case' as target_kind,
        case_ref as target_ref,
        min('case:' || record_key) as subject_key

    from {{ ref('stg_cases') }}
    where case_ref in (select responses.target_ref from responses)
    group by case_ref

),

final as (

    select
        responses.record_key as response_key,
        case when responses.target_kind = 'case' then 'case' else 'voice' end as subject_kind,
        -- where a contract's wider key keeps several rows under one ref, the first of them
        subjects.subject_key,
        responses.target_kind,
        responses.target_ref,
        responses.channel_code,
        responses.department_code,
        responses.responder_ref,
        responses.responded_at,
        responses.is_public,
        -- an answer is taken for a person's own unless the export says otherwise
        coalesce(responses.is_automated, false) as is_automated,
        responses.text_sha256

    from responses

    left join subjects
        on
            responses.target_kind = subjects.target_kind
            and responses.target_ref = subjects.target_ref

)

select * from final
