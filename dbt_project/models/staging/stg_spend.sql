-- Grain: one row per day, marketing channel and campaign, the winning delivery.
with

source as (

    select * from {{ source('raw', 'spend') }}

),

rates as (

    select * from {{ ref('stg_currency_rates') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        campaign_ref,

        ---------- codes and names
        marketing_channel_code,

        ---------- measures
        impression_count,
        click_count,

        ---------- money, in the export's own currency
        currency_code,
        spend_cny as spend_amount,

        ---------- times
        spent_on,

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

),

latest_in_cny as (

    select
        latest.*,
        {{ in_cny('latest.spend_amount') }} as spend_cny

    from latest

    left join rates
        on
            latest.currency_code = rates.currency_code
            and cast(coalesce(latest.spent_on, latest.export_date) as date) >= rates.valid_from
            and cast(coalesce(latest.spent_on, latest.export_date) as date) < rates.valid_to

)

select * from latest_in_cny
