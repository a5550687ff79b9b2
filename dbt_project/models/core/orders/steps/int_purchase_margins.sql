-- Grain: one row per customer and day with a valid order: orders of one day are one purchase.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

items as (

    select
        items.order_key,
        items.net_cny,
        items.quantity * products.unit_cost_cny as cost_cny

    from {{ ref('fct_order_items') }} as items

    left join {{ ref('dim_products') }} as products
        on items.product_key = products.product_key

    where
        items.is_valid
        and items.customer_key is not null

),

lines as (

    select
        order_key,
        sum(net_cny) as net_cny,
        sum(net_cny) filter (where cost_cny is not null) as known_net_cny,
        sum(cost_cny) as cost_cny

    from items
    group by order_key

),

-- an order whose lines are in no export is worth something, and its margin is unknown
days as (

    select
        orders.customer_key,
        cast(orders.ordered_at as date) as purchased_on,
        count(*) as order_count,
        cast(sum(orders.net_cny - orders.refunded_cny) as decimal(18, 2)) as net_cny,
        cast(sum(
            (orders.net_cny - orders.refunded_cny) * coalesce(lines.known_net_cny / nullif(lines.net_cny, 0), 0)
        ) as decimal(18, 2)) as known_net_cny,
        -- a refund takes its part of the goods back with it
        cast(sum(
            (orders.net_cny - orders.refunded_cny)
            * coalesce((lines.known_net_cny - lines.cost_cny) / nullif(lines.net_cny, 0), 0)
        ) as decimal(18, 2)) as margin_cny

    from {{ ref('fct_orders') }} as orders

    inner join as_of
        on cast(orders.ordered_at as date) <= as_of.as_of

    left join lines
        on orders.order_key = lines.order_key

    where
        orders.is_valid
        and orders.customer_key is not null
    group by orders.customer_key, cast(orders.ordered_at as date)

),

purchases as (

    select
        *,
        row_number() over (partition by customer_key order by purchased_on) as purchase_number,
        lag(purchased_on) over (partition by customer_key order by purchased_on) as previous_purchased_on,
        lead(purchased_on) over (partition by customer_key order by purchased_on) as next_purchased_on

    from days

)

select * from purchases
