-- Grain: one row per product, the winning delivery.
with

source as (

    select * from {{ source('raw', 'products') }}

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
        product_ref,

        ---------- codes and names
        product_name,
        category_code,
        brand_code,

        ---------- money, in the export's own currency
        currency_code,
        unit_cost_cny as unit_cost_amount,

        ---------- times
        launched_on,

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
        {{ in_cny('latest.unit_cost_amount') }} as unit_cost_cny

    from latest

    left join rates
        on
            latest.currency_code = rates.currency_code
            and latest.export_date >= rates.valid_from
            and latest.export_date < rates.valid_to

)

select * from latest_in_cny
