-- Grain: one row per voice of our own brands and per case.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='subject_key') }}

{#- a clock that was not decided at the last as_of may be by now; and a brand may have become ours, or ceased to be -#}
{%- set undecided %}
    select subject_key from {{ this }}
    where
        (reply_target_minutes is not null and is_reply_met is null)
        or (resolution_target_minutes is not null and is_resolution_met is null)
{%- endset -%}
{%- set come_and_gone %}
    select voices.voice_key from {{ ref('fct_voices') }} as voices
    where
        voices.is_own_brand
        and coalesce(voices.author_kind, 'user') <> 'employee'
        and voices.voice_key not in (select clocks.subject_key from {{ this }} as clocks)
    union all
    select clocks.subject_key from {{ this }} as clocks
    where
        clocks.subject_kind = 'voice'
        and clocks.subject_key not in (
            select voices.voice_key from {{ ref('fct_voices') }} as voices
            where voices.is_own_brand
        )
{%- endset -%}

with

affected as (

    {{ affected_keys([
        changed_in('reviews', "'review:' || record_key"),
        changed_in('mentions', "'mention:' || record_key"),
        changed_in('cases', "'case:' || record_key"),
        changed_by('cases', "'case:' || record_key", 'case_ref', 'case_events', 'case_ref'),
        changed_by('reviews', "'review:' || record_key", 'review_ref', 'responses', 'target_ref'),
        changed_by('mentions', "'mention:' || record_key", 'mention_ref', 'responses', 'target_ref'),
        changed_by('cases', "'case:' || record_key", 'case_ref', 'responses', 'target_ref'),
        undecided,
        come_and_gone,
    ]) }}

),

as_of as (

    select * from {{ ref('stg_as_of') }}

),

voices as (

    select
        'voice' as subject_kind,
        voice_key as subject_key,
        case when voice_kind = 'review' then 'review' else 'mention' end as target_kind,
        voice_ref as target_ref,
        channel_code,
        is_public,
        cast(null as string) as priority_code,
        posted_at as opened_at,
        deleted_at as withdrawn_at,
        cast(null as timestamp) as resolved_at

    from {{ ref('fct_voices') }}
    where
        {{ is_affected('voice_key') }}
        and is_own_brand
        and voice_kind <> 'case'
        -- nobody owes an answer to a colleague
        and coalesce(author_kind, 'user') <> 'employee'

),

cases as (

    select
        'case' as subject_kind,
        case_key as subject_key,
        'case' as target_kind,
        case_ref as target_ref,
        channel_code,
        false as is_public,
        opening_priority_code as priority_code,
        opened_at,
        cast(null as timestamp) as withdrawn_at,
        resolved_at

    from {{ ref('fct_cases') }}
    where {{ is_affected('case_key') }}

),

subjects as (

    select * from voices
    union all
    select * from cases

),

policies as (

    select * from {{ ref('sla_policies') }}

),

governed as (

    -- the policy and priority in force when the clock started, the priority's own before the general one
    select
        subjects.*,
        policies.policy_code,
        policies.version as policy_version,
        policies.clock_code,
        policies.reply_target_minutes,
        policies.resolution_target_minutes

    from subjects

    left join policies
        on
            subjects.subject_kind = policies.subject_kind
            and coalesce(subjects.priority_code, '') = coalesce(policies.priority_code, subjects.priority_code, '')
            and cast(subjects.opened_at as date) >= policies.valid_from
            and cast(subjects.opened_at as date) < coalesce(policies.valid_to, date '9999-12-31')

    qualify row_number() over (
        partition by subjects.subject_key
        order by
            case when policies.priority_code is null then 1 else 0 end asc,
            policies.valid_from desc,
            policies.version desc,
            policies.policy_code asc
    ) = 1

),

responses as (

    select * from {{ ref('stg_responses') }}

),

replies as (

    -- by ref and not by key: one answer under a review answers every order line that carries it
    select
        subjects.subject_key,
        min(responses.responded_at) filter (
            where
            not coalesce(responses.is_automated, false)
            -- whoever asked must see it: the public under a public voice, the customer in a case
            and coalesce(responses.is_public, not subjects.is_public)
        ) as first_reply_at,
        min(responses.responded_at) filter (where responses.is_automated) as first_automated_reply_at

    from subjects

    inner join responses
        on
            subjects.target_kind = responses.target_kind
            and subjects.target_ref = responses.target_ref
            -- a clock that runs ahead on one side is not an answer before the question
            and subjects.opened_at <= responses.responded_at

    group by subjects.subject_key

),

due as (

    select
        governed.*,
        replies.first_reply_at,
        replies.first_automated_reply_at,
        -- the business clock is not computed yet, so a policy that names it decides nothing
        case
            when governed.clock_code = 'calendar'
                then {{ plus_minutes('governed.opened_at', 'governed.reply_target_minutes') }}
        end as reply_due_at,
        case
            when governed.clock_code = 'calendar'
                then {{ plus_minutes('governed.opened_at', 'governed.resolution_target_minutes') }}
        end as resolution_due_at,
        -- who has taken the voice down waits no longer
        least(as_of.as_of_end_at, coalesce(governed.withdrawn_at, as_of.as_of_end_at)) as read_at

    from governed

    left join replies
        on governed.subject_key = replies.subject_key

    cross join as_of

),

timed as (

    select
        *,
        case
            when reply_due_at is null then null
            -- elapsed equal to the target is met
            when first_reply_at is not null then first_reply_at <= reply_due_at
            when reply_due_at < read_at then false
        end as is_reply_met,
        case
            when resolution_due_at is null then null
            when resolved_at is not null then resolved_at <= resolution_due_at
            when resolution_due_at < read_at then false
        end as is_resolution_met

    from due

),

final as (

    select
        subject_kind,
        subject_key,
        channel_code,
        priority_code,
        policy_code,
        policy_version,
        clock_code,
        opened_at,
        withdrawn_at,
        first_reply_at,
        first_automated_reply_at,
        {{ minutes_between('opened_at', 'first_reply_at') }} as first_reply_minutes,
        cast(null as double) as first_reply_business_minutes,
        reply_target_minutes,
        reply_due_at,
        is_reply_met,
        resolved_at,
        {{ minutes_between('opened_at', 'resolved_at') }} as resolution_minutes,
        cast(null as double) as resolution_business_minutes,
        resolution_target_minutes,
        resolution_due_at,
        is_resolution_met,
        withdrawn_at is null
        and resolved_at is null
        and (
            (first_reply_at is null and coalesce(not is_reply_met, false))
            or coalesce(not is_resolution_met, false)
        ) as is_active_breach

    from timed

)

select * from final
