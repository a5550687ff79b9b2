-- Grain: one row per claim, the winning delivery.
with

source as (

    select * from {{ source('raw', 'warranty_claims') }}

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
        claim_ref,
        order_ref,

        ---------- codes and names
        claim_kind,

        ---------- money, in the export's own currency
        currency_code,
        cost_cny as cost_amount,
        price_charged_cny as price_charged_amount,

        ---------- flags
        is_in_warranty,

        ---------- times
        opened_at,
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

),

latest_in_cny as (

    select
        latest.*,
        {{ in_cny('latest.cost_amount') }} as cost_cny,
        {{ in_cny('latest.price_charged_amount') }} as price_charged_cny

    from latest

    left join rates
        on
            latest.currency_code = rates.currency_code
            and cast(coalesce(latest.opened_at, latest.export_date) as date) >= rates.valid_from
            and cast(coalesce(latest.opened_at, latest.export_date) as date) < rates.valid_to

)

select * from latest_in_cny
