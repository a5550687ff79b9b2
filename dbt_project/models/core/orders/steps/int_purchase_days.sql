-- Grain: one row per customer and day with a valid order.
with

orders as (

    select
        customer_key,
        cast(ordered_at as date) as purchased_on,
        net_cny

    from {{ ref('fct_orders') }}
    where
        is_valid
        and customer_key is not null

),

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

lapse as (

    -- a gap in which a buyer had become dormant or lost; who buys after it has come back
    select min(from_day) as lapsed_days
    from {{ ref('lifecycle_rules') }}
    where lifecycle_code in ('dormant', 'lost')

),

days as (

    -- orders of one day are one purchase: shops split a basket over several orders
    select
        orders.customer_key,
        orders.purchased_on,
        count(*) as order_count,
        sum(orders.net_cny) as net_cny

    from orders

    inner join as_of
        on orders.purchased_on <= as_of.as_of

    group by all

),

ordered as (

    select
        customer_key,
        purchased_on,
        order_count,
        net_cny,
        row_number() over (partition by customer_key order by purchased_on) as purchase_number,
        lag(purchased_on) over (partition by customer_key order by purchased_on) as previous_purchased_on,
        lead(purchased_on) over (partition by customer_key order by purchased_on) as next_purchased_on

    from days

),

purchase_days as (

    select
        ordered.customer_key,
        ordered.purchased_on,
        ordered.next_purchased_on,
        ordered.purchase_number,
        case
            when ordered.purchase_number = 1 then 'first'
            when ordered.purchased_on - ordered.previous_purchased_on >= lapse.lapsed_days then 'return'
            else 'repeat'
        end as purchase_kind,
        ordered.order_count,
        ordered.net_cny

    from ordered

    cross join lapse

)

select * from purchase_days
