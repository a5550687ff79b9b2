-- Grain: one row per response, the winning delivery.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='record_key') }}

with

affected as (

    {{ affected_keys([changed_in('responses')]) }}

),

source as (

    select * from {{ source('raw', 'responses') }}
    where {{ is_affected('record_key') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        response_ref,
        target_ref,
        responder_ref,

        ---------- codes and names
        target_kind,
        department_code,

        ---------- flags
        is_public,
        is_automated,

        ---------- text
        text_sha256,

        ---------- times
        responded_at,

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
