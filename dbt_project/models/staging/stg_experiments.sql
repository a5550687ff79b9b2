-- Grain: one row per unit of an experiment, the winning delivery.
with

source as (

    select * from {{ source('raw', 'experiments') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        experiment_ref,
        unit_ref,

        ---------- codes and names
        variant_code,

        ---------- measures
        planned_share,
        outcome_value,

        ---------- flags
        is_converted,

        ---------- times
        assigned_at,
        exposed_at,

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
