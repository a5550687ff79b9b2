-- Grain: one row per warranty claim that was opened by as_of.
with

claims as (

    select * from {{ ref('stg_warranty_claims') }}

),

as_of as (

    select * from {{ ref('stg_as_of') }}

),

orders as (

    -- one order per ref, also where a contract's key keeps several rows of it
    select * from {{ ref('fct_orders') }}
    where order_ref in (select claims.order_ref from claims)
    qualify row_number() over (partition by order_ref order by order_key) = 1

),

products as (

    -- the repaired product is known where the order has a single product
    select
        order_ref,
        min(product_key) as product_key

    from {{ ref('fct_order_items') }}
    where order_ref in (select claims.order_ref from claims)
    group by order_ref
    having count(distinct product_key) = 1

),

claims_with_order as (

    select
        claims.record_key as claim_key,
        claims.claim_ref,
        claims.channel_code,
        claims.claim_kind,
        claims.order_ref,
        orders.order_key,
        orders.customer_key,
        products.product_key,
        orders.ordered_at,
        claims.opened_at,
        -- closed after as_of means open
        case when claims.closed_at < as_of.as_of_end_at then claims.closed_at end as closed_at,
        claims.is_in_warranty,
        claims.cost_cny,
        claims.price_charged_cny

    from claims

    inner join as_of
        on claims.opened_at < as_of.as_of_end_at

    left join orders
        on claims.order_ref = orders.order_ref

    left join products
        on claims.order_ref = products.order_ref

),

final as (

    select
        claim_key,
        claim_ref,
        channel_code,
        claim_kind,
        order_ref,
        order_key,
        customer_key,
        product_key,
        ordered_at,
        opened_at,
        closed_at,
        closed_at is null as is_open,
        is_in_warranty,
        round(cast({{ minutes_between('opened_at', 'closed_at') }} as double) / 1440, 6) as turnaround_days,
        cost_cny,
        price_charged_cny,
        -- free of charge is a price of 0; without a cost there is no net cost
        cast(cost_cny - coalesce(price_charged_cny, 0) as decimal(18, 2)) as net_cost_cny

    from claims_with_order

)

select * from final
