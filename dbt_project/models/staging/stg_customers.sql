-- Grain: one row per customer, the winning delivery.
with

source as (

    select * from {{ source('raw', 'customers') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        customer_ref,
        phone,
        email,
        full_name,

        ---------- codes and names
        member_level_code,
        region_code,
        acquisition_channel_code,

        ---------- measures
        birth_year,

        ---------- flags
        is_marketing_consented,

        ---------- times
        registered_at,
        private_domain_joined_at,

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
