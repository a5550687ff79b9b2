-- Grain: one row per product and month, the winning delivery.
with

source as (

    select * from {{ source('raw', 'quality') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        product_ref,

        ---------- codes and names
        benchmark_source,

        ---------- measures
        units_in_use,
        failure_count,
        return_count,
        industry_failure_share,

        ---------- times
        month_start,

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
