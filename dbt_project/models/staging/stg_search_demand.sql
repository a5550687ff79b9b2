-- Grain: one row per day and keyword, the winning delivery.
with

source as (

    select * from {{ source('raw', 'search_demand') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- codes and names
        keyword,

        ---------- measures
        search_count,

        ---------- times
        searched_on,

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
