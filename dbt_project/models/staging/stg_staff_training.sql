-- Grain: one row per member of staff and course, the winning delivery.
with

source as (

    select * from {{ source('raw', 'staff_training') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        staff_ref,

        ---------- codes and names
        course_code,
        department_code,

        ---------- times
        passed_at,

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
