-- Grain: one row per line of an order.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='order_ref') }}

with

affected as (

    {{ affected_keys(["select order_ref from " ~ ref('int_changed_orders')]) }}

),

items as (

    select * from {{ ref('stg_order_items') }}
    where {{ is_affected('order_ref') }}

),

orders as (

    -- one order a ref, also where a contract's wider key keeps several rows of it
    select * from {{ ref('fct_orders') }}
    where {{ is_affected('order_ref') }}
    qualify row_number() over (partition by order_ref order by order_key) = 1

),

aliases as (

    select * from {{ ref('product_aliases') }}

),

final as (

    select

        ---------- keys
        items.record_key as order_item_key,
        items.order_ref,
        orders.order_key,
        orders.customer_key,
        coalesce(aliases.product_key, items.product_ref) as product_key,

        ---------- codes
        items.channel_code,
        orders.is_valid,

        ---------- times
        orders.ordered_at,

        ---------- measures
        items.line_number,
        items.quantity,
        items.net_cny,
        items.freight_cny,
        items.currency_code,
        items.net_amount,
        items.freight_amount

    from items

    left join orders
        on items.order_ref = orders.order_ref

    left join aliases
        on items.product_ref = aliases.product_ref

)

select * from final
