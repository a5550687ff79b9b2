-- Grain: one row per piece of content, the winning delivery.
with

source as (

    select * from {{ source('raw', 'content') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        content_ref,
        campaign_ref,
        creator_ref,
        topic_ref,
        derived_from_ref,

        ---------- codes and names
        theme_code,
        format_code,
        ownership_code,
        derived_from_kind,

        ---------- text
        text_sha256,

        ---------- times
        published_at,

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
