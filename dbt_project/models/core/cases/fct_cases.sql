-- Grain: one row per case.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='case_key') }}

{#- identities are rebuilt in full, so the stored key is compared with the current one -#}
{%- set reidentified -%}
    select cases.case_key
    from {{ this }} as cases
    left join {{ ref('int_customer_identities') }} as identities on cases.identity_node = identities.node
    where cases.customer_key is distinct from identities.customer_key
{%- endset -%}

with

affected as (

    {{ affected_keys([
        changed_in('cases', "'case:' || record_key"),
        changed_by('cases', "'case:' || record_key", 'case_ref', 'case_events', 'case_ref'),
        reidentified,
    ]) }}

),

cases as (

    select
        'case:' || record_key as case_key,
        *

    from {{ ref('stg_cases') }}
    where {{ is_affected("'case:' || record_key") }}

),

histories as (

    select * from {{ ref('int_case_histories') }}
    where {{ is_affected('case_key') }}

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

final as (

    select
        cases.case_key,
        cases.case_ref,
        cases.channel_code,
        cases.source_kind,
        cases.source_ref,
        cases.customer_ref as identity_node,
        identities.customer_key,
        coalesce(histories.department_code, cases.department_code) as department_code,
        coalesce(histories.opening_department_code, cases.department_code) as opening_department_code,
        coalesce(histories.priority_code, cases.priority_code) as priority_code,
        coalesce(histories.opening_priority_code, cases.priority_code) as opening_priority_code,
        coalesce(histories.status_code, 'open') as status_code,
        cases.opened_at,
        histories.first_solved_at,
        histories.resolved_at,
        histories.closed_at,
        cast(coalesce(histories.reopen_count, 0) as bigint) as reopen_count,
        cases.csat_score,
        cases.compensation_cny,
        cases.crisis_ref

    from cases

    left join histories
        on cases.case_key = histories.case_key

    left join identities
        on cases.customer_ref = identities.node

)

select * from final
