-- Grain: one row per line of an order, the winning delivery.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='record_key') }}

with

affected as (

    {{ affected_keys([
        changed_in('order_items'),
        changed_by('order_items', 'record_key', 'order_ref', parent='orders', parent_link='order_ref'),
    ]) }}

),

source as (

    select * from {{ source('raw', 'order_items') }}
    where {{ is_affected('record_key') }}

),

rates as (

    select * from {{ ref('stg_currency_rates') }}

),

order_times as (

    -- one time an order, also where a contract's wider key keeps several rows of it
    select
        order_ref,
        min(ordered_at) as ordered_at

    from {{ ref('stg_orders') }}
    where order_ref in (select source.order_ref from source)
    group by order_ref

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        order_ref,
        product_ref,

        ---------- measures
        line_number,
        quantity,

        ---------- money, in the export's own currency
        currency_code,
        net_cny as net_amount,
        freight_cny as freight_amount,

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
        {{ in_cny('latest.net_amount') }} as net_cny,
        {{ in_cny('latest.freight_amount') }} as freight_cny

    from latest

    -- an item has no time of its own: it is sold at the rate of its order
    left join order_times
        on latest.order_ref = order_times.order_ref

    left join rates
        on
            latest.currency_code = rates.currency_code
            and cast(coalesce(order_times.ordered_at, latest.export_date) as date) >= rates.valid_from
            and cast(coalesce(order_times.ordered_at, latest.export_date) as date) < rates.valid_to

)

select * from latest_in_cny
