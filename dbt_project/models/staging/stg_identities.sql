-- Grain: one row per identifier of a customer, the winning delivery.
with

source as (

    select * from {{ source('raw', 'identities') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        identity_value,
        customer_ref,

        ---------- codes and names
        identity_kind,

        ---------- times
        linked_at,

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
