-- Grain: one row per action, the winning delivery.
with

source as (

    select * from {{ source('raw', 'actions') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        action_ref,
        insight_ref,
        owner_ref,

        ---------- codes and names
        insight_kind,
        department_code,
        action_code,

        ---------- times
        created_at,
        due_at,
        done_at,

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
