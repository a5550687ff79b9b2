-- Grain: one row per idea, the winning delivery.
with

source as (

    select * from {{ source('raw', 'ideas') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        idea_ref,
        customer_ref,
        product_ref,

        ---------- codes and names
        status_code,

        ---------- measures
        vote_count,

        ---------- times
        submitted_at,
        adopted_at,
        released_at,

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
