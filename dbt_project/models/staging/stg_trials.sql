-- Grain: one row per participant programme, the winning delivery.
with

source as (

    select * from {{ source('raw', 'trials') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        programme_ref,
        participant_ref,

        ---------- codes and names
        status_code,

        ---------- measures
        livestream_count,
        pre_score,
        post_score,

        ---------- times
        started_on,
        ended_on,

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
