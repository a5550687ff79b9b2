{#
    Paused time and deadlines of fct_response_clock. They are macros and no step models, for they read only the
    subjects that a run rebuilds, with readings of the business clock that only that run has.

    `subjects` names the relation that is read; each gives its rows back with columns added.
#}


{#
    Adds the time that cases were paused: is_paused, paused_seconds, paused_business_seconds, paused_unknown_until,
    and by how many seconds the policy puts the resolution off (put_off_seconds, put_off_and_grace_seconds).
#}
{% macro with_paused_time(subjects) -%}
    with

    pauses as (

        select
            subjects.subject_key,
            subjects.schedule_code,
            subjects.clock_code,
            subjects.opened_at,
            subjects.opening_reading,
            subjects.resolution_target_minutes,
            case_pauses.paused_at,
            case_pauses.resumed_at is null and subjects.resolved_at is null as is_paused,
            least(
                coalesce(case_pauses.resumed_at, subjects.read_at), coalesce(subjects.resolved_at, subjects.read_at)
            ) as resumed_at

        from {{ subjects }} as subjects

        inner join {{ ref('int_case_pauses') }} as case_pauses
            on subjects.subject_key = case_pauses.case_key

    ),

    pauses_with_time as (

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

    pauses_with_used_time as (

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

        from pauses_with_time

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

        from pauses_with_used_time
        group by subject_key

    )

    select
        subjects.*,
        coalesce(paused_time.is_paused, false) as is_paused,
        paused_time.paused_seconds,
        paused_time.paused_business_seconds,
        paused_time.unknown_until as paused_unknown_until,
        case when subjects.is_pause_excluded then coalesce(paused_time.put_off_seconds, 0) else 0 end
            as put_off_seconds,
        case when subjects.is_pause_excluded then coalesce(paused_time.put_off_and_grace_seconds, 0) else 0 end
            as put_off_and_grace_seconds

    from {{ subjects }} as subjects

    left join paused_time
        on subjects.subject_key = paused_time.subject_key
{%- endmacro %}


{#
    Adds when the targets end on the policy's clock: reply_due_at, reply_met_until, resolution_due_at,
    resolution_met_until and due_unknown_until.
#}
{% macro with_deadlines(subjects) -%}
    with

    -- readings of the business clock that a target ends at, and the moments that show them
    targets as (

        select
            subject_key,
            'reply' as goal_code,
            schedule_code,
            opening_reading + reply_target_minutes * 60 as reading

        from {{ subjects }} as subjects
        where clock_code = 'business' and reply_target_minutes is not null

        union all

        select
            subject_key,
            'resolution' as goal_code,
            schedule_code,
            opening_reading + resolution_target_minutes * 60 + put_off_seconds as reading

        from {{ subjects }} as subjects
        where clock_code = 'business' and resolution_target_minutes is not null

        union all

        select
            subject_key,
            'resolution_grace' as goal_code,
            schedule_code,
            opening_reading + resolution_target_minutes * 60 + put_off_and_grace_seconds as reading

        from {{ subjects }} as subjects
        where clock_code = 'business' and resolution_target_minutes is not null

    ),

    deadlines as (

        -- at closing and at the next opening the clock shows the same: the target ends at the first and is missed
        -- after the second
        select
            targets.subject_key,
            targets.goal_code,
            min({{ plus_seconds(
                'cast(readings.day as timestamp)', 'readings.from_second + targets.reading - readings.seconds_before'
            ) }}) as first_at,
            max({{ plus_seconds(
                'cast(readings.day as timestamp)', 'readings.from_second + targets.reading - readings.seconds_before'
            ) }}) as last_at,
            max(readings.unknown_day_count) as unknown_until

        from targets

        inner join {{ ref('int_business_readings') }} as readings
            on
                targets.schedule_code = readings.schedule_code
                and {{ reading_bucket('targets.reading') }} = readings.bucket
                and targets.reading >= readings.seconds_before
                and targets.reading <= readings.seconds_after

        group by
            targets.subject_key,
            targets.goal_code

    ),

    business_due as (

        select
            subject_key,
            max(first_at) filter (where goal_code = 'reply') as reply_due_at,
            max(last_at) filter (where goal_code = 'reply') as reply_met_until,
            max(first_at) filter (where goal_code = 'resolution') as resolution_due_at,
            max(last_at) filter (where goal_code = 'resolution_grace') as resolution_met_until,
            max(unknown_until) as unknown_until

        from deadlines
        group by subject_key

    )

    select
        subjects.*,
        business_due.unknown_until as due_unknown_until,
        case
            when subjects.clock_code = 'calendar'
                then {{ plus_minutes('subjects.opened_at', 'subjects.reply_target_minutes') }}
            else greatest(business_due.reply_due_at, subjects.opened_at)
        end as reply_due_at,
        case
            when subjects.clock_code = 'calendar'
                then {{ plus_minutes('subjects.opened_at', 'subjects.reply_target_minutes') }}
            else business_due.reply_met_until
        end as reply_met_until,
        case
            when subjects.clock_code = 'calendar'
                then {{ plus_seconds(
                    'subjects.opened_at',
                    'subjects.resolution_target_minutes * 60 + subjects.put_off_seconds'
                ) }}
            else greatest(business_due.resolution_due_at, subjects.opened_at)
        end as resolution_due_at,
        case
            when subjects.clock_code = 'calendar'
                then {{ plus_seconds(
                    'subjects.opened_at',
                    'subjects.resolution_target_minutes * 60 + subjects.put_off_and_grace_seconds'
                ) }}
            else business_due.resolution_met_until
        end as resolution_met_until

    from {{ subjects }} as subjects

    left join business_due
        on subjects.subject_key = business_due.subject_key
{%- endmacro %}
