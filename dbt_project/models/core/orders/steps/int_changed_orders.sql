-- Grain: an order with a row of its own, an item, a refund or a customer that changed since the last successful build.
with

builds as (

    select {{ build_watermark() }} as watermark

),

changed_refs as (

    -- all versions of a changed record: the order it named before has lost it
    {%- for feed in ['orders', 'order_items', 'refunds'] %}

    select order_ref
    from {{ source('raw', feed) }}
    where
        record_key in (
            select changed.record_key
            from {{ source('raw', feed) }} as changed
            cross join builds
            where changed.load_id > builds.watermark or changed.superseded_load_id > builds.watermark
        )

    union all
    {%- endfor %}

    -- orders of people whose identity changed
    select orders.order_ref
    from {{ ref('stg_orders') }} as orders
    inner join {{ ref('int_customer_identities') }} as identities
        on orders.customer_ref = identities.node
    inner join {{ ref('int_changed_customers') }} as changed_customers
        on identities.customer_key = changed_customers.customer_key
    where changed_customers.has_changed_links

),

changed_orders as (

    select distinct order_ref
    from changed_refs
    where order_ref is not null

)

select * from changed_orders
