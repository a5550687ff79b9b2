-- Grain: one row per campaign, strategy, month of acquisition and model, and day after the first order with an order.
with

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
orders as (

    select
        orders.customer_key,
        cast(orders.ordered_at as date) as ordered_on,
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

    left join lines
        on orders.order_key = lines.order_key

    where
        orders.is_valid
        and orders.customer_key is not null
    group by orders.customer_key, cast(orders.ordered_at as date)

),

-- whoever spent nothing in the month has nothing to earn back
paying_campaigns as (

    select distinct
        campaign_key,
        month_start

    from {{ ref('int_marketing_costs') }}
    where campaign_key is not null

),

paying_strategies as (

    select distinct
        strategy_code,
        month_start

    from {{ ref('int_marketing_costs') }}
    where strategy_code is not null

),

acquired as (

    select
        customer_key,
        cast(converted_at as date) as acquired_on,
        cast(date_trunc('month', converted_at) as date) as month_start,
        model_code,
        campaign_key,
        strategy_code,
        -- wide enough to be multiplied by money
        cast(sum(weight) as decimal(38, 12)) as weight

    from {{ ref('fct_attribution') }}
    where
        goal_code = 'acquisition'
        and touch_key is not null
    group by all

),

wanted as (

    select acquired.*
    from acquired

    left join paying_campaigns
        on
            acquired.campaign_key = paying_campaigns.campaign_key
            and acquired.month_start = paying_campaigns.month_start

    left join paying_strategies
        on
            acquired.strategy_code = paying_strategies.strategy_code
            and acquired.month_start = paying_strategies.month_start

    where
        paying_campaigns.campaign_key is not null
        or paying_strategies.strategy_code is not null

),

margins as (

    select
        wanted.campaign_key,
        wanted.strategy_code,
        wanted.month_start,
        wanted.model_code,
        cast(orders.ordered_on - wanted.acquired_on as integer) as days_after,
        cast(sum(wanted.weight * orders.net_cny) as decimal(18, 4)) as net_cny,
        cast(sum(wanted.weight * orders.known_net_cny) as decimal(18, 4)) as known_net_cny,
        cast(sum(wanted.weight * orders.margin_cny) as decimal(18, 4)) as margin_cny

    from wanted

    inner join orders
        on
            wanted.customer_key = orders.customer_key
            and wanted.acquired_on <= orders.ordered_on

    group by all

)

select * from margins
