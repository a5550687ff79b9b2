-- Grain: one row per order, the winning delivery.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='record_key') }}

with

affected as (

    {{ affected_keys([changed_in('orders')]) }}

),

source as (

    select * from {{ source('raw', 'orders') }}
    where {{ is_affected('record_key') }}

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
        order_ref,
        customer_ref,

        ---------- codes and names
        status_code,
        referral_code,
        coupon_code,

        ---------- money, in the export's own currency
        currency_code,
        gross_cny as gross_amount,
        discount_cny as discount_amount,

        ---------- times
        ordered_at,

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
        {{ in_cny('latest.gross_amount') }} as gross_cny,
        {{ in_cny('latest.discount_amount') }} as discount_cny

    from latest

    left join rates
        on
            latest.currency_code = rates.currency_code
            and cast(coalesce(latest.ordered_at, latest.export_date) as date) >= rates.valid_from
            and cast(coalesce(latest.ordered_at, latest.export_date) as date) < rates.valid_to

)

select * from latest_in_cny
