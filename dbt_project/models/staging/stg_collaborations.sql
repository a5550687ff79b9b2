-- Grain: one row per collaboration, the winning delivery.
with

source as (

    select * from {{ source('raw', 'collaborations') }}

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
        collaboration_ref,
        creator_ref,
        campaign_ref,
        content_ref,

        ---------- money, in the export's own currency
        currency_code,
        fee_cny as fee_amount,
        product_cost_cny as product_cost_amount,

        ---------- flags
        is_ad_disclosed,

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
        {{ in_cny('latest.fee_amount') }} as fee_cny,
        {{ in_cny('latest.product_cost_amount') }} as product_cost_cny

    from latest

    left join rates
        on
            latest.currency_code = rates.currency_code
            and latest.export_date >= rates.valid_from
            and latest.export_date < rates.valid_to

)

select * from latest_in_cny
