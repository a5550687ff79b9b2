-- Grain: one row per review, the winning delivery.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='record_key') }}

with

affected as (

    {{ affected_keys([changed_in('reviews')]) }}

),

source as (

    select * from {{ source('raw', 'reviews') }}
    where {{ is_affected('record_key') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        review_ref,
        product_ref,
        order_ref,
        author_ref,
        incentive_ref,
        source_review_ref,

        ---------- measures
        rating_raw,
        rating_max,
        helpful_count,
        media_count,

        ---------- flags
        is_verified_purchase,
        is_pinned,

        ---------- text
        text_sha256,

        ---------- times
        posted_at,
        edited_at,
        deleted_at,

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
