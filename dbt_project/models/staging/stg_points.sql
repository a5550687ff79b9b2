-- Grain: one row per entry in the points ledger, the winning delivery.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='record_key') }}

with

affected as (

    {{ affected_keys([changed_in('points')]) }}

),

source as (

    select * from {{ source('raw', 'points') }}
    where {{ is_affected('record_key') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        entry_ref,
        customer_ref,

        ---------- codes and names
        reason_code,

        ---------- measures
        point_delta,

        ---------- times
        occurred_at,
        expires_on,

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
