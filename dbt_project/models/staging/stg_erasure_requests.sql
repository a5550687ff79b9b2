-- Grain: one row per request, the winning delivery.
with

source as (

    select * from {{ source('raw', 'erasure_requests') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        request_ref,
        customer_ref,

        ---------- times
        requested_at,

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
