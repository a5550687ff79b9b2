-- Grain: one row per subject and day measured, the winning delivery.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='record_key') }}

with

affected as (

    {{ affected_keys([changed_in('engagement')]) }}

),

source as (

    select * from {{ source('raw', 'engagement') }}
    where {{ is_affected('record_key') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        subject_ref,

        ---------- measures
        impression_count,
        click_count,
        like_count,
        comment_count,
        share_count,
        save_count,

        ---------- times
        measured_on,

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
