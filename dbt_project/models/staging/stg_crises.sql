-- Grain: one row per crisis, the winning delivery.
with

source as (

    select * from {{ source('raw', 'crises') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        crisis_ref,

        ---------- codes and names
        title,
        level_code,

        ---------- times
        detected_at,
        declared_at,
        first_statement_at,
        apology_at,
        plan_published_at,
        closed_at,

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
