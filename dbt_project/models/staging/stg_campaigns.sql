-- Grain: one row per campaign, the winning delivery.
with

source as (

    select * from {{ source('raw', 'campaigns') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        campaign_ref,

        ---------- codes and names
        campaign_name,
        strategy_code,
        theme_code,

        ---------- times
        started_on,
        ended_on,

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
