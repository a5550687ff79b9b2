-- Grain: one row per event of a case that is here.
{{ config(materialized='view') }}

with

events as (

    select * from {{ ref('stg_case_events') }}

),

cases as (

    select * from {{ ref('stg_cases') }}

),

case_events as (

    select
        'case:' || cases.record_key as case_key,
        cases.opened_at,
        events.field,
        events.old_value,
        events.new_value,
        events.occurred_at,
        -- events of one second stand in the order of the export
        row_number() over (
            partition by cases.record_key, events.field
            order by
                events.occurred_at asc,
                events.export_date asc,
                events.delivery_seq asc,
                events.row_number asc,
                events.file_id asc
        ) as field_position

    from events

    inner join cases
        on events.case_ref = cases.case_ref

)

select * from case_events
