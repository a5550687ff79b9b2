-- Grain: one row per contact, the winning delivery.
with

source as (

    select * from {{ source('raw', 'service_contacts') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        contact_ref,
        customer_ref,
        converted_order_ref,

        ---------- codes and names
        stage_code,

        ---------- measures
        csat_score,

        ---------- times
        started_at,
        first_response_at,
        ended_at,

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
