-- Grain: one row per topic and day measured, the winning delivery.
with

source as (

    select * from {{ source('raw', 'topics') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        topic_ref,

        ---------- codes and names
        topic_name,
        theme_code,

        ---------- measures
        impression_count,
        post_count,
        participant_count,

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
