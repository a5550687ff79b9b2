-- Grain: one row per refund, the winning delivery.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='record_key') }}

with

affected as (

    {{ affected_keys([changed_in('refunds')]) }}

),

source as (

    select * from {{ source('raw', 'refunds') }}
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
        refund_ref,
        order_ref,

        ---------- codes and names
        reason_code,

        ---------- money, in the export's own currency
        currency_code,
        amount_cny as amount_amount,

        ---------- times
        refunded_at,

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
        {{ in_cny('latest.amount_amount') }} as amount_cny

    from latest

    left join rates
        on
            latest.currency_code = rates.currency_code
            and cast(coalesce(latest.refunded_at, latest.export_date) as date) >= rates.valid_from
            and cast(coalesce(latest.refunded_at, latest.export_date) as date) < rates.valid_to

)

select * from latest_in_cny
