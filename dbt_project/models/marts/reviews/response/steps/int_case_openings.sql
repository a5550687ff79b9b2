-- Grain: one row per stretch of a case in which it was open, from its opening or a reopening to a solution.
{{ config(materialized='view') }}

with

cases as (

    select * from {{ ref('fct_cases') }}

),

statuses as (

    select * from {{ ref('case_statuses') }}

),

events as (

    select * from {{ ref('int_case_events') }}
    where field = 'status'

),

turns as (

    select
        case_key,
        opened_at as turned_at,
        0 as field_position,
        false as is_solved

    from cases

    union all

    select
        events.case_key,
        greatest(events.occurred_at, events.opened_at) as turned_at,
        events.field_position,
        coalesce(statuses.is_solved, false) as is_solved

    from events

    left join statuses
        on events.new_value = statuses.status_code

),

changes as (

    select
        case_key,
        turned_at,
        field_position,
        is_solved

    from turns
    qualify
        lag(is_solved, 1, true) over (partition by case_key order by field_position asc) <> is_solved

),

stretches as (

    select
        case_key,
        is_solved,
        turned_at as open_from,
        lead(turned_at) over (partition by case_key order by field_position asc) as open_until,
        field_position > 0 as is_reopening

    from changes

),

openings as (

    select
        case_key,
        open_from,
        open_until,
        is_reopening

    from stretches
    where not is_solved

)

select * from openings
