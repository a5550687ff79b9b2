-- Grain: one row per voice of our own brands and per case.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='subject_key') }}

{#- a clock that was not decided at the last as_of may be by now; and a brand may have become ours, or ceased to be -#}
{%- set undecided %}
    select subject_key from {{ this }}
    where
        (reply_target_minutes is not null and is_reply_met is null)
        or (resolution_target_minutes is not null and is_resolution_met is null)
        -- due beyond the end of the calendar, which moves on
        or (reply_target_minutes is not null and reply_due_at is null)
        or (resolution_target_minutes is not null and resolution_due_at is null)
        -- paused minutes run on
        or is_paused
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
        changed_by('reviews', "'review:' || record_key", 'review_ref', 'cases', 'source_ref'),
        changed_by('mentions', "'mention:' || record_key", 'mention_ref', 'cases', 'source_ref'),
        changed_handling('reviews', 'review', 'review_ref'),
        changed_handling('mentions', 'mention', 'mention_ref'),
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
        -- nobody owes an answer to a colleague
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

channel_departments as (

    select * from {{ ref('channel_departments') }}

),

owners as (

    -- who owes the answer, by what the seed says most closely of channel and kind on the day
    select
        asked.channel_code,
        asked.voice_kind,
        asked.opened_on,
        channel_departments.department_code

    from (
        select distinct
            channel_code,
            voice_kind,
            cast(opened_at as date) as opened_on
        from voices
    ) as asked

    inner join channel_departments
        on
            asked.channel_code = coalesce(channel_departments.channel_code, asked.channel_code)
            and asked.voice_kind = coalesce(channel_departments.voice_kind, asked.voice_kind)
            and asked.opened_on >= channel_departments.valid_from
            and asked.opened_on < coalesce(channel_departments.valid_to, date '9999-12-31')

    qualify row_number() over (
        partition by asked.channel_code, asked.voice_kind, asked.opened_on
        order by
            case when channel_departments.channel_code is null then 1 else 0 end asc,
            case when channel_departments.voice_kind is null then 1 else 0 end asc,
            channel_departments.valid_from desc,
            channel_departments.department_code asc
    ) = 1

),

schedules as (

    select distinct department_code
    from {{ ref('department_schedules') }}
    where department_code is not null

),

owned as (

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

governed as (

    -- the policy and priority in force when the clock started, the priority's own before the general one
    select
        owned.*,
        policies.policy_code,
        policies.version as policy_version,
        policies.clock_code,
        coalesce(policies.is_pause_excluded, false) as is_pause_excluded,
        policies.reply_target_minutes,
        policies.resolution_target_minutes

    from owned

    left join policies
        on
            owned.subject_kind = policies.subject_kind
            and coalesce(owned.priority_code, '') = coalesce(policies.priority_code, owned.priority_code, '')
            and cast(owned.opened_at as date) >= policies.valid_from
            and cast(owned.opened_at as date) < coalesce(policies.valid_to, date '9999-12-31')

    qualify row_number() over (
        partition by owned.subject_key
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

handling as (

    -- a case opened about the voice: what its customer is told there is no public reply, but the voice is in hand
    select
        voices.subject_key,
        'case:' || staff_cases.record_key as handled_by_case_key,
        min(responses.responded_at) as handled_at

    from voices

    inner join {{ ref('stg_cases') }} as staff_cases
        on
            voices.target_kind = staff_cases.source_kind
            and voices.target_ref = staff_cases.source_ref

    left join responses
        on
            responses.target_kind = 'case'
            and staff_cases.case_ref = responses.target_ref
            and not coalesce(responses.is_automated, false)
            and coalesce(responses.is_public, true)
            and voices.opened_at <= responses.responded_at
            and staff_cases.opened_at <= responses.responded_at

    group by
        voices.subject_key,
        staff_cases.record_key,
        staff_cases.opened_at

    -- of several, the one in which a person spoke first
    qualify row_number() over (
        partition by voices.subject_key
        order by
            min(responses.responded_at) asc nulls last,
            staff_cases.opened_at asc,
            staff_cases.record_key asc
    ) = 1

),

answered as (

    select
        governed.*,
        first_replies.first_reply_at,
        first_replies.first_reply_department_code,
        first_automated_replies.first_automated_reply_at,
        handling.handled_by_case_key,
        handling.handled_at,
        -- who has taken the voice down waits no longer
        least(as_of.as_of_end_at, coalesce(governed.withdrawn_at, as_of.as_of_end_at)) as read_at

    from governed

    left join first_replies
        on governed.subject_key = first_replies.subject_key

    left join first_automated_replies
        on governed.subject_key = first_automated_replies.subject_key

    left join handling
        on governed.subject_key = handling.subject_key

    cross join as_of

),

read_off as (

    select
        answered.*,
        opening.is_calendar_known as is_opening_known,
        opening.unknown_day_count as unknown_before,
        greatest(
            opening.unknown_day_count,
            coalesce(reply.unknown_day_count, opening.unknown_day_count),
            coalesce(solution.unknown_day_count, opening.unknown_day_count),
            coalesce(handled.unknown_day_count, opening.unknown_day_count)
        ) as unknown_until,
        {{ business_reading('opening', 'answered.opened_at') }} as opening_reading,
        {{ business_reading('reply', 'answered.first_reply_at') }} as reply_reading,
        {{ business_reading('solution', 'answered.resolved_at') }} as solution_reading,
        {{ business_reading('handled', 'answered.handled_at') }} as handled_reading

    from answered

    {{ business_hours_join('opening', 'answered.schedule_code', 'answered.opened_at') }}

    {{ business_hours_join('reply', 'answered.schedule_code', 'answered.first_reply_at') }}

    {{ business_hours_join('solution', 'answered.schedule_code', 'answered.resolved_at') }}

    {{ business_hours_join('handled', 'answered.schedule_code', 'answered.handled_at') }}

),

-- paused time, of cases alone
pauses as (

    select
        read_off.subject_key,
        read_off.schedule_code,
        read_off.clock_code,
        read_off.opened_at,
        read_off.opening_reading,
        read_off.resolution_target_minutes,
        stretches.paused_at,
        stretches.resumed_at is null and read_off.resolved_at is null as is_paused,
        least(
            coalesce(stretches.resumed_at, read_off.read_at), coalesce(read_off.resolved_at, read_off.read_at)
        ) as resumed_at

    from read_off

    inner join {{ ref('int_case_pauses') }} as stretches
        on read_off.subject_key = stretches.case_key

),

paused as (

    select
        pauses.*,
        resuming.unknown_day_count,
        {{ seconds_between('pauses.paused_at', 'pauses.resumed_at') }} as paused_seconds,
        {{ business_reading('resuming', 'pauses.resumed_at') }}
        - {{ business_reading('pausing', 'pauses.paused_at') }} as paused_business_seconds,
        case
            when pauses.clock_code = 'business'
                then {{ business_reading('pausing', 'pauses.paused_at') }} - pauses.opening_reading
            else {{ seconds_between('pauses.opened_at', 'pauses.paused_at') }}
        end as elapsed_seconds

    from pauses

    {{ business_hours_join('pausing', 'pauses.schedule_code', 'pauses.paused_at') }}

    {{ business_hours_join('resuming', 'pauses.schedule_code', 'pauses.resumed_at') }}

    where pauses.resumed_at > pauses.paused_at

),

clocked_pauses as (

    select
        *,
        case when clock_code = 'business' then paused_business_seconds else paused_seconds end as stopped_seconds,
        -- how much of the target was used up when the pause began, earlier pauses taken off
        elapsed_seconds - coalesce(
            sum(case when clock_code = 'business' then paused_business_seconds else paused_seconds end) over (
                partition by subject_key
                order by paused_at asc
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as used_seconds

    from paused

),

paused_time as (

    select
        subject_key,
        bool_or(is_paused) as is_paused,
        sum(paused_seconds) as paused_seconds,
        sum(paused_business_seconds) as paused_business_seconds,
        max(unknown_day_count) as unknown_until,
        -- a pause that began when the target was used up puts nothing off any more
        coalesce(
            sum(stopped_seconds) filter (where used_seconds < resolution_target_minutes * 60), 0
        ) as put_off_seconds,
        coalesce(
            sum(stopped_seconds) filter (where used_seconds <= resolution_target_minutes * 60), 0
        ) as put_off_and_grace_seconds

    from clocked_pauses
    group by subject_key

),

timed as (

    select
        read_off.*,
        coalesce(paused_time.is_paused, false) as is_paused,
        paused_time.paused_seconds,
        paused_time.paused_business_seconds,
        paused_time.unknown_until as paused_unknown_until,
        case when read_off.is_pause_excluded then coalesce(paused_time.put_off_seconds, 0) else 0 end
            as put_off_seconds,
        case when read_off.is_pause_excluded then coalesce(paused_time.put_off_and_grace_seconds, 0) else 0 end
            as put_off_and_grace_seconds

    from read_off

    left join paused_time
        on read_off.subject_key = paused_time.subject_key

),

-- readings of the business clock that a target ends at, and the moments that show them
goals as (

    select
        subject_key,
        'reply' as goal_code,
        schedule_code,
        opening_reading + reply_target_minutes * 60 as reading

    from timed
    where clock_code = 'business' and reply_target_minutes is not null

    union all

    select
        subject_key,
        'resolution' as goal_code,
        schedule_code,
        opening_reading + resolution_target_minutes * 60 + put_off_seconds as reading

    from timed
    where clock_code = 'business' and resolution_target_minutes is not null

    union all

    select
        subject_key,
        'resolution_grace' as goal_code,
        schedule_code,
        opening_reading + resolution_target_minutes * 60 + put_off_and_grace_seconds as reading

    from timed
    where clock_code = 'business' and resolution_target_minutes is not null

),

shown as (

    -- at closing and at the next opening the clock shows the same: the target ends at the first and is missed after
    -- the second
    select
        goals.subject_key,
        goals.goal_code,
        min({{ plus_seconds(
            'cast(readings.day as timestamp)', 'readings.from_second + goals.reading - readings.seconds_before'
        ) }}) as first_at,
        max({{ plus_seconds(
            'cast(readings.day as timestamp)', 'readings.from_second + goals.reading - readings.seconds_before'
        ) }}) as last_at,
        max(readings.unknown_day_count) as unknown_until

    from goals

    inner join {{ ref('int_business_readings') }} as readings
        on
            goals.schedule_code = readings.schedule_code
            and {{ reading_bucket('goals.reading') }} = readings.bucket
            and goals.reading >= readings.seconds_before
            and goals.reading <= readings.seconds_after

    group by
        goals.subject_key,
        goals.goal_code

),

business_due as (

    select
        subject_key,
        max(first_at) filter (where goal_code = 'reply') as reply_due_at,
        max(last_at) filter (where goal_code = 'reply') as reply_met_until,
        max(first_at) filter (where goal_code = 'resolution') as resolution_due_at,
        max(last_at) filter (where goal_code = 'resolution_grace') as resolution_met_until,
        max(unknown_until) as unknown_until

    from shown
    group by subject_key

),

due as (

    select
        timed.*,
        business_due.unknown_until as due_unknown_until,
        case
            when timed.clock_code = 'calendar'
                then {{ plus_minutes('timed.opened_at', 'timed.reply_target_minutes') }}
            else greatest(business_due.reply_due_at, timed.opened_at)
        end as reply_due_at,
        case
            when timed.clock_code = 'calendar'
                then {{ plus_minutes('timed.opened_at', 'timed.reply_target_minutes') }}
            else business_due.reply_met_until
        end as reply_met_until,
        case
            when timed.clock_code = 'calendar'
                then {{ plus_seconds(
                    'timed.opened_at', 'timed.resolution_target_minutes * 60 + timed.put_off_seconds'
                ) }}
            else greatest(business_due.resolution_due_at, timed.opened_at)
        end as resolution_due_at,
        case
            when timed.clock_code = 'calendar'
                then {{ plus_seconds(
                    'timed.opened_at', 'timed.resolution_target_minutes * 60 + timed.put_off_and_grace_seconds'
                ) }}
            else business_due.resolution_met_until
        end as resolution_met_until

    from timed

    left join business_due
        on timed.subject_key = business_due.subject_key

),

judged as (

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

    from due

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

    from judged

)

select * from final
