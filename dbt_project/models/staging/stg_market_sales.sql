-- Grain: one row per category, month and brand, the winning delivery.
with

source as (

    select * from {{ source('raw', 'market_sales') }}

),

rates as (

    select * from {{ ref('stg_currency_rates') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- codes and names
        category_code,
        brand_code,
        source_name,

        ---------- money, in the export's own currency
        currency_code,
        sales_cny as sales_amount,

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

),

latest_in_cny as (

    select
        latest.*,
        {{ in_cny('latest.sales_amount') }} as sales_cny

    from latest

    left join rates
        on
            latest.currency_code = rates.currency_code
            and cast(coalesce(latest.month_start, latest.export_date) as date) >= rates.valid_from
            and cast(coalesce(latest.month_start, latest.export_date) as date) < rates.valid_to

)

select * from latest_in_cny
