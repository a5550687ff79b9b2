-- Grain: one row per refund.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='refund_key') }}

with

affected as (

    {{ affected_keys([
        changed_in('refunds'),
        "select record_key from " ~ ref('stg_refunds')
        ~ " where order_ref in (select order_ref from " ~ ref('int_changed_orders') ~ ")",
    ]) }}

),

refunds as (

    select * from {{ ref('stg_refunds') }}
    where {{ is_affected('record_key') }}

),

orders as (

    select * from {{ ref('fct_orders') }}
    where order_ref in (select refunds.order_ref from refunds)
    qualify row_number() over (partition by order_ref order by order_key) = 1

),

final as (

    select

        ---------- keys
        refunds.record_key as refund_key,
        orders.order_key,
        orders.customer_key,

        ---------- codes
        refunds.channel_code,
        refunds.reason_code,
        -- null while the order has not landed
        orders.is_valid as is_order_valid,

        ---------- times
        refunds.refunded_at,
        orders.ordered_at,

        ---------- measures
        refunds.amount_cny,
        refunds.currency_code,
        refunds.amount_amount as amount_original

    from refunds

    left join orders
        on refunds.order_ref = orders.order_ref

)

select * from final
