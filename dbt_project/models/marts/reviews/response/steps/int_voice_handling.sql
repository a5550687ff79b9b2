-- Grain: one row per voice of our own brands about which a case was opened.
{{ config(materialized='view') }}

with

voices as (

    select
        voice_key as subject_key,
        case when voice_kind = 'review' then 'review' else 'mention' end as target_kind,
        voice_ref as target_ref,
        posted_at as opened_at

    from {{ ref('fct_voices') }}
    where is_own_brand and voice_kind <> 'case'

),

staff_cases as (

    select * from {{ ref('stg_cases') }}
    where source_ref is not null

),

responses as (

    select * from {{ ref('stg_responses') }}
    where target_kind = 'case'

),

case_handling as (

    -- the answer to the customer in the case is no public reply, but the voice is being handled
    select
        voices.subject_key,
        'case:' || staff_cases.record_key as handled_by_case_key,
        min(responses.responded_at) as handled_at

    from voices

    inner join staff_cases
        on
            voices.target_kind = staff_cases.source_kind
            and voices.target_ref = staff_cases.source_ref

    left join responses
        on
            staff_cases.case_ref = responses.target_ref
            and not coalesce(responses.is_automated, false)
            and coalesce(responses.is_public, true)
            and voices.opened_at <= responses.responded_at
            and staff_cases.opened_at <= responses.responded_at

    group by
        voices.subject_key,
        staff_cases.record_key,
        staff_cases.opened_at

    -- of several cases, the one with the earliest human answer
    qualify row_number() over (
        partition by voices.subject_key
        order by
            min(responses.responded_at) asc nulls last,
            staff_cases.opened_at asc,
            staff_cases.record_key asc
    ) = 1

)

select * from case_handling
