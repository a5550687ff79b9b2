-- Grain: one row per mention, the winning delivery.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='record_key') }}

with

affected as (

    {{ affected_keys([changed_in('mentions')]) }}

),

source as (

    select * from {{ source('raw', 'mentions') }}
    where {{ is_affected('record_key') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        mention_ref,
        parent_ref,
        product_ref,
        author_ref,
        content_ref,

        ---------- codes and names
        mention_kind,
        brand_code,
        author_kind,

        ---------- measures
        follower_count,

        ---------- flags
        is_ad_disclosed,

        ---------- text
        text_sha256,

        ---------- times
        posted_at,

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
