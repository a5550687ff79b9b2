-- Grain: one row per touch, the winning delivery.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='record_key') }}

with

affected as (

    {{ affected_keys([changed_in('touchpoints')]) }}

),

source as (

    select * from {{ source('raw', 'touchpoints') }}
    where {{ is_affected('record_key') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        touch_ref,
        identity_value,
        campaign_ref,
        content_ref,
        creator_ref,
        review_ref,

        ---------- codes and names
        identity_kind,
        marketing_channel_code,
        touch_kind,

        ---------- times
        touched_at,

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
