-- Grain: one row per voice of our own brands and per case.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='subject_key') }}

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
        changed_by('reviews', "'review:' || record_key", 'review_ref', 'cases', 'source_ref'),
        changed_by('mentions', "'mention:' || record_key", 'mention_ref', 'cases', 'source_ref'),
        changed_handling('reviews', 'review', 'review_ref'),
        changed_handling('mentions', 'mention', 'mention_ref'),
        undecided_clocks(),
        changed_clock_ownership(),
    ]) }}

),

as_of as (

    select * from {{ ref('stg_as_of') }}

),

voices as (

    select
        'voice' as subject_kind,
        voice_key as subject_key,
        voice_kind,
        case when voice_kind = 'review' then 'review' else 'mention' end as target_kind,
        voice_ref as target_ref,
        channel_code,
        is_public,
        cast(null as string) as case_department_code,
        cast(null as string) as priority_code,
        posted_at as opened_at,
        deleted_at as withdrawn_at,
        cast(null as timestamp) as resolved_at

    from {{ ref('fct_voices') }}
    where
        {{ is_affected('voice_key') }}
        and is_own_brand
        and voice_kind <> 'case'
        -- staff voices are excluded from response clocks: no answer is owed to them
        and coalesce(author_kind, 'user') <> 'employee'

),

cases as (

    select
        'case' as subject_kind,
        case_key as subject_key,
        cast(null as string) as voice_kind,
        'case' as target_kind,
        case_ref as target_ref,
        channel_code,
        false as is_public,
        opening_department_code as case_department_code,
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

owners as (

    select * from {{ ref('int_response_owners') }}

),

schedules as (

    select distinct department_code
    from {{ ref('department_schedules') }}
    where department_code is not null

),

subjects_with_owner as (

    select
        subjects.*,
        coalesce(subjects.case_department_code, owners.department_code) as department_code,
        -- who has no hours of its own keeps the default ones
        coalesce(schedules.department_code, 'default') as schedule_code

    from subjects

    left join owners
        on
            subjects.channel_code = owners.channel_code
            and subjects.voice_kind = owners.voice_kind
            and cast(subjects.opened_at as date) = owners.opened_on

    left join schedules
        on coalesce(subjects.case_department_code, owners.department_code) = schedules.department_code

),

policies as (

    select * from {{ ref('sla_policies') }}

),

subjects_with_policy as (

    -- the policy and priority in force when the clock started, the priority's own before the general one
    select
        subjects_with_owner.*,
        policies.policy_code,
        policies.version as policy_version,
        policies.clock_code,
        coalesce(policies.is_pause_excluded, false) as is_pause_excluded,
        policies.reply_target_minutes,
        policies.resolution_target_minutes

    from subjects_with_owner

    left join policies
        on
            subjects_with_owner.subject_kind = policies.subject_kind
            and coalesce(subjects_with_owner.priority_code, '')
            = coalesce(policies.priority_code, subjects_with_owner.priority_code, '')
            and cast(subjects_with_owner.opened_at as date) >= policies.valid_from
            and cast(subjects_with_owner.opened_at as date) < coalesce(policies.valid_to, date '9999-12-31')

    qualify row_number() over (
        partition by subjects_with_owner.subject_key
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

answers as (

    -- by ref and not by key: one answer under a review answers every order line that carries it
    select
        subjects.subject_key,
        responses.record_key as response_key,
        responses.department_code,
        responses.responded_at,
        coalesce(responses.is_automated, false) as is_automated,
        -- whoever asked must see it: the public under a public voice, the customer in a case
        not coalesce(responses.is_automated, false)
        and coalesce(responses.is_public, not subjects.is_public) as is_reply

    from subjects

    inner join responses
        on
            subjects.target_kind = responses.target_kind
            and subjects.target_ref = responses.target_ref
            -- a clock that runs ahead on one side is not an answer before the question
            and subjects.opened_at <= responses.responded_at

),

first_replies as (

    select
        subject_key,
        responded_at as first_reply_at,
        department_code as first_reply_department_code

    from answers
    where is_reply
    qualify row_number() over (partition by subject_key order by responded_at asc, response_key asc) = 1

),

first_automated_replies as (

    select
        subject_key,
        min(responded_at) as first_automated_reply_at

    from answers
    where is_automated
    group by subject_key

),

case_handling as (

    select * from {{ ref('int_voice_handling') }}

),

subject_replies as (

    select
        subjects_with_policy.*,
        first_replies.first_reply_at,
        first_replies.first_reply_department_code,
        first_automated_replies.first_automated_reply_at,
        case_handling.handled_by_case_key,
        case_handling.handled_at,
        -- a voice that was taken down no longer waits
        least(as_of.as_of_end_at, coalesce(subjects_with_policy.withdrawn_at, as_of.as_of_end_at)) as read_at

    from subjects_with_policy

    left join first_replies
        on subjects_with_policy.subject_key = first_replies.subject_key

    left join first_automated_replies
        on subjects_with_policy.subject_key = first_automated_replies.subject_key

    left join case_handling
        on subjects_with_policy.subject_key = case_handling.subject_key

    cross join as_of

),

subjects_with_readings as (

    select
        subject_replies.*,
        opening_hours.is_calendar_known as is_opening_known,
        opening_hours.unknown_day_count as unknown_before,
        greatest(
            opening_hours.unknown_day_count,
            coalesce(reply_hours.unknown_day_count, opening_hours.unknown_day_count),
            coalesce(resolution_hours.unknown_day_count, opening_hours.unknown_day_count),
            coalesce(handling_hours.unknown_day_count, opening_hours.unknown_day_count)
        ) as unknown_until,
        {{ business_reading('opening_hours', 'subject_replies.opened_at') }} as opening_reading,
        {{ business_reading('reply_hours', 'subject_replies.first_reply_at') }} as reply_reading,
        {{ business_reading('resolution_hours', 'subject_replies.resolved_at') }} as solution_reading,
        {{ business_reading('handling_hours', 'subject_replies.handled_at') }} as handled_reading

    from subject_replies

    {{ business_hours_join('opening_hours', 'subject_replies.schedule_code', 'subject_replies.opened_at') }}

    {{ business_hours_join('reply_hours', 'subject_replies.schedule_code', 'subject_replies.first_reply_at') }}

    {{ business_hours_join('resolution_hours', 'subject_replies.schedule_code', 'subject_replies.resolved_at') }}

    {{ business_hours_join('handling_hours', 'subject_replies.schedule_code', 'subject_replies.handled_at') }}

),

subjects_with_pauses as (

    {{ with_paused_time('subjects_with_readings') }}

),

subjects_with_deadlines as (

    {{ with_deadlines('subjects_with_pauses') }}

),

subjects_with_verdict as (

    select
        *,
        case
            when reply_due_at is null then null
            -- elapsed equal to the target is met
            when first_reply_at is not null then first_reply_at <= reply_met_until
            when reply_met_until < read_at then false
        end as is_reply_met,
        case
            when resolution_due_at is null then null
            when resolved_at is not null then resolved_at <= resolution_met_until
            when resolution_met_until < read_at then false
        end as is_resolution_met

    from subjects_with_deadlines

),

final as (

    select
        subject_kind,
        subject_key,
        channel_code,
        department_code,
        schedule_code,
        priority_code,
        policy_code,
        policy_version,
        clock_code,
        is_pause_excluded,
        opened_at,
        withdrawn_at,
        first_reply_at,
        first_reply_department_code,
        first_automated_reply_at,
        {{ minutes_between('opened_at', 'first_reply_at') }} as first_reply_minutes,
        (reply_reading - opening_reading) / 60.0 as first_reply_business_minutes,
        reply_target_minutes,
        reply_due_at,
        reply_met_until,
        is_reply_met,
        handled_by_case_key,
        handled_at,
        {{ minutes_between('opened_at', 'handled_at') }} as handled_minutes,
        (handled_reading - opening_reading) / 60.0 as handled_business_minutes,
        resolved_at,
        {{ minutes_between('opened_at', 'resolved_at') }} as resolution_minutes,
        (solution_reading - opening_reading) / 60.0 as resolution_business_minutes,
        is_paused,
        case when subject_kind = 'case' then coalesce(paused_seconds, 0) / 60.0 end as paused_minutes,
        case when subject_kind = 'case' then coalesce(paused_business_seconds, 0) / 60.0 end as paused_business_minutes,
        {{ minutes_between('opened_at', 'resolved_at') }} - coalesce(paused_seconds, 0) / 60.0
            as resolution_net_minutes,
        (solution_reading - opening_reading - coalesce(paused_business_seconds, 0)) / 60.0
            as resolution_net_business_minutes,
        resolution_target_minutes,
        resolution_due_at,
        resolution_met_until,
        is_resolution_met,
        withdrawn_at is null
        and resolved_at is null
        and (
            (first_reply_at is null and coalesce(not is_reply_met, false))
            or coalesce(not is_resolution_met, false)
        ) as is_active_breach,
        (coalesce(not is_reply_met, false) and coalesce(first_reply_at, withdrawn_at, resolved_at) is not null)
        or (coalesce(not is_resolution_met, false) and coalesce(withdrawn_at, resolved_at) is not null)
            as is_past_breach,
        coalesce(
            is_opening_known
            and greatest(
                unknown_until,
                coalesce(paused_unknown_until, unknown_until),
                coalesce(due_unknown_until, unknown_until)
            ) = unknown_before,
            false
        ) as is_calendar_known

    from subjects_with_verdict

)

select * from final
