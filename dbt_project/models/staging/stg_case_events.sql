-- Grain: one row per event of a case, the winning delivery.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='record_key') }}

with

affected as (

    {{ affected_keys([changed_in('case_events')]) }}

),

source as (

    select * from {{ source('raw', 'case_events') }}
    where {{ is_affected('record_key') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        event_ref,
        case_ref,
        actor_ref,

        ---------- codes and names
        field,
        old_value,
        new_value,

        ---------- times
        occurred_at,

        ---------- lineage
        export_date,
        delivery_seq,
        row_number,
        file_id

    from source
    where superseded_load_id is null

),

latest as (

    {{ latest_wins('renamed') }}

)

select * from latest
