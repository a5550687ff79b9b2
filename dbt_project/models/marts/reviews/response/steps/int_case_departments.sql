-- Grain: one row per stretch of a case in one department.
{{ config(materialized='view') }}

with

cases as (

    select * from {{ ref('fct_cases') }}

),

events as (

    select * from {{ ref('int_case_events') }}
    where field = 'department' and new_value is not null

),

arrivals as (

    select
        case_key,
        opening_department_code as department_code,
        opened_at as arrived_at,
        0 as field_position

    from cases
    where opening_department_code is not null

    union all

    select
        case_key,
        new_value as department_code,
        greatest(occurred_at, opened_at) as arrived_at,
        field_position

    from events

),

changes as (

    select
        case_key,
        department_code,
        arrived_at,
        field_position

    from arrivals
    -- a department that is named again has not handed the case on
    qualify
        coalesce(
            lag(department_code) over (partition by case_key order by arrived_at asc, field_position asc), ''
        ) <> department_code

),

stretches as (

    select
        case_key,
        department_code,
        arrived_at,
        lead(arrived_at) over (partition by case_key order by arrived_at asc, field_position asc) as left_at,
        row_number() over (partition by case_key order by arrived_at asc, field_position asc) as stretch_number

    from changes

)

select * from stretches
