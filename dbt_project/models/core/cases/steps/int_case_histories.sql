-- Grain: one row per case with an event; what its events add up to.
{{ config(materialized='view') }}

with

events as (

    select * from {{ ref('int_case_events') }}

),

statuses as (

    select * from {{ ref('case_statuses') }}

),

status_changes as (

    select
        events.case_key,
        events.field_position,
        events.occurred_at,
        events.new_value as status_code,
        coalesce(statuses.is_solved, false) as is_solved,
        coalesce(statuses.is_closed, false) as is_closed,
        lag(coalesce(statuses.is_solved, false), 1, false) over (
            partition by events.case_key order by events.field_position
        ) as was_solved,
        lag(coalesce(statuses.is_closed, false), 1, false) over (
            partition by events.case_key order by events.field_position
        ) as was_closed

    from events

    left join statuses
        on events.new_value = statuses.status_code

    where events.field = 'status'

),

solution_times as (

    select
        case_key,
        min(occurred_at) filter (where is_solved) as first_solved_at,
        max(occurred_at) filter (where is_solved and not was_solved) as last_solved_at,
        max(occurred_at) filter (where is_closed and not was_closed) as last_closed_at,
        count(*) filter (where was_solved and not is_solved) as reopen_count

    from status_changes
    group by case_key

),

latest_status as (

    select
        case_key,
        status_code,
        is_solved,
        is_closed

    from status_changes
    qualify row_number() over (partition by case_key order by field_position desc) = 1

),

latest_values as (

    select
        case_key,
        field,
        new_value

    from events
    where field in ('department', 'priority')
    qualify row_number() over (partition by case_key, field order by field_position desc) = 1

),

last_values as (

    select
        case_key,
        max(new_value) filter (where field = 'department') as department_code,
        max(new_value) filter (where field = 'priority') as priority_code

    from latest_values
    group by case_key

),

opening_values as (

    select
        case_key,
        -- a first event without an old value sets the value rather than changes it
        max(coalesce(old_value, new_value)) filter (where field = 'priority') as opening_priority_code,
        max(coalesce(old_value, new_value)) filter (where field = 'department') as opening_department_code

    from events
    where field in ('priority', 'department') and field_position = 1
    group by case_key

),

cases_with_events as (

    select distinct case_key from events

),

case_histories as (

    select
        cases_with_events.case_key,
        last_values.department_code,
        last_values.priority_code,
        opening_values.opening_priority_code,
        opening_values.opening_department_code,
        latest_status.status_code,
        solution_times.first_solved_at,
        -- a reopened case is open again, whenever it had been solved before
        case when latest_status.is_solved then solution_times.last_solved_at end as resolved_at,
        case when latest_status.is_closed then solution_times.last_closed_at end as closed_at,
        coalesce(solution_times.reopen_count, 0) as reopen_count

    from cases_with_events

    left join solution_times
        on cases_with_events.case_key = solution_times.case_key

    left join latest_status
        on cases_with_events.case_key = latest_status.case_key

    left join last_values
        on cases_with_events.case_key = last_values.case_key

    left join opening_values
        on cases_with_events.case_key = opening_values.case_key

)

select * from case_histories
