-- Grain: one row per stretch of a case in one paused status.
{{ config(materialized='view') }}

with

events as (

    select * from {{ ref('int_case_events') }}
    where field = 'status'

),

statuses as (

    select * from {{ ref('case_statuses') }}

),

stretches as (

    select
        events.case_key,
        events.new_value as status_code,
        coalesce(statuses.is_paused, false) as is_paused,
        greatest(events.occurred_at, events.opened_at) as paused_at,
        lead(events.occurred_at) over (
            partition by events.case_key order by events.field_position
        ) as resumed_at

    from events

    left join statuses
        on events.new_value = statuses.status_code

),

pauses as (

    select
        case_key,
        status_code,
        paused_at,
        -- null while it lasts
        resumed_at

    from stretches
    where is_paused and (resumed_at is null or resumed_at > paused_at)

)

select * from pauses
