-- Grain: one row per survey sent, the winning delivery.
with

source as (

    select * from {{ source('raw', 'surveys') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        survey_ref,
        customer_ref,

        ---------- codes and names
        survey_kind,
        wave_code,
        marketing_channel_code,

        ---------- measures
        score,
        scale_max,

        ---------- text
        text_sha256,

        ---------- times
        sent_at,
        answered_at,

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
