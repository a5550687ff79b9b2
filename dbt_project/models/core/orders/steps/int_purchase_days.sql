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

purchase_gaps as (

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
        purchase_gaps.customer_key,
        purchase_gaps.purchased_on,
        purchase_gaps.next_purchased_on,
        purchase_gaps.purchase_number,
        case
            when purchase_gaps.purchase_number = 1 then 'first'
            when purchase_gaps.purchased_on - purchase_gaps.previous_purchased_on >= lapse.lapsed_days then 'return'
            else 'repeat'
        end as purchase_kind,
        purchase_gaps.order_count,
        purchase_gaps.net_cny

    from purchase_gaps

    cross join lapse

)

select * from purchase_days
