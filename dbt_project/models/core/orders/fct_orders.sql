-- Grain: one row per order.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='order_ref') }}

with

affected as (

    {{ affected_keys(["select order_ref from " ~ ref('int_changed_orders')]) }}

),

orders as (

    select * from {{ ref('stg_orders') }}
    where {{ is_affected('order_ref') }}

),

items as (

    select
        order_ref,
        count(*) as item_count,
        sum(quantity) as unit_count,
        sum(net_amount) as net_amount,
        sum(net_cny) as net_cny,
        sum(freight_amount) as freight_amount,
        sum(freight_cny) as freight_cny

    from {{ ref('stg_order_items') }}
    where {{ is_affected('order_ref') }}
    group by order_ref

),

refunds as (

    select
        order_ref,
        sum(amount_cny) as refunded_cny,
        sum(amount_amount) as refunded_amount

    from {{ ref('stg_refunds') }}
    where {{ is_affected('order_ref') }}
    group by order_ref

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

statuses as (

    select * from {{ ref('order_statuses') }}

),

final as (

    select

        ---------- keys
        orders.record_key as order_key,
        orders.order_ref,
        identities.customer_key,

        ---------- codes
        orders.channel_code,
        orders.status_code,
        -- a status that the seed does not list yet must not hide sales
        coalesce(statuses.is_valid, true) as is_valid,
        orders.referral_code,
        orders.coupon_code,

        ---------- times
        orders.ordered_at,

        ---------- measures
        cast(coalesce(items.item_count, 0) as bigint) as item_count,
        cast(coalesce(items.unit_count, 0) as bigint) as unit_count,

        ---------- money in CNY; the items know best what was paid, and an order without items has its total
        orders.gross_cny,
        orders.discount_cny,
        cast(coalesce(items.freight_cny, 0) as decimal(18, 2)) as freight_cny,
        cast(coalesce(items.net_cny, orders.gross_cny - coalesce(orders.discount_cny, 0), 0) as decimal(18, 2))
            as net_cny,
        cast(coalesce(refunds.refunded_cny, 0) as decimal(18, 2)) as refunded_cny,

        ---------- money as exported
        orders.currency_code,
        orders.gross_amount,
        orders.discount_amount,
        cast(coalesce(items.freight_amount, 0) as decimal(18, 2)) as freight_amount,
        cast(coalesce(items.net_amount, orders.gross_amount - coalesce(orders.discount_amount, 0), 0) as decimal(18, 2))
            as net_amount,
        cast(coalesce(refunds.refunded_amount, 0) as decimal(18, 2)) as refunded_amount

    from orders

    left join items
        on orders.order_ref = items.order_ref

    left join refunds
        on orders.order_ref = refunds.order_ref

    left join identities
        on orders.customer_ref = identities.node

    left join statuses
        on orders.status_code = statuses.status_code

)

select * from final
