-- Grain: one row per creator, the winning delivery.
with

source as (

    select * from {{ source('raw', 'creators') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        creator_ref,
        author_ref,
        customer_ref,

        ---------- codes and names
        tier_code,

        ---------- measures
        follower_count,

        ---------- flags
        is_certified,

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
