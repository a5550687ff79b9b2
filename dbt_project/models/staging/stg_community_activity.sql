-- Grain: one row per community, customer and day, the winning delivery.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='record_key') }}

with

affected as (

    {{ affected_keys([changed_in('community_activity')]) }}

),

source as (

    select * from {{ source('raw', 'community_activity') }}
    where {{ is_affected('record_key') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        community_ref,
        customer_ref,
        event_ref,

        ---------- measures
        post_count,

        ---------- times
        active_on,

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
