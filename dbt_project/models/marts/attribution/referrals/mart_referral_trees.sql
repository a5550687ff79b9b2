-- Grain: one row per tree of invitations, named by the customer at its root.
with

referrals as (

    select * from {{ ref('fct_referrals') }}
    where generation is not null

),

orders as (

    select
        customer_key,
        count(*) as order_count,
        sum(net_cny - refunded_cny) as net_cny

    from {{ ref('fct_orders') }}
    where
        is_valid
        and customer_key is not null
    group by customer_key

),

trees as (

    select
        referrals.root_customer_key,
        count(*) as invitee_count,
        count(*) filter (where referrals.generation = 1) as direct_count,
        count(distinct referrals.inviter_customer_key) as inviter_count,
        max(referrals.generation) as depth,
        count(orders.customer_key) as buyer_count,
        cast(coalesce(sum(orders.order_count), 0) as bigint) as order_count,
        cast(coalesce(sum(orders.net_cny), 0) as decimal(18, 2)) as net_cny,
        min(referrals.registered_at) as first_registered_at,
        max(referrals.registered_at) as last_registered_at

    from referrals

    left join orders
        on referrals.invitee_customer_key = orders.customer_key

    group by referrals.root_customer_key

),

final as (

    select
        trees.root_customer_key,
        trees.invitee_count,
        trees.direct_count,
        trees.inviter_count,
        trees.depth,
        trees.buyer_count,
        trees.order_count,
        trees.net_cny,
        cast(coalesce(orders.net_cny, 0) as decimal(18, 2)) as root_net_cny,
        trees.first_registered_at,
        trees.last_registered_at

    from trees

    left join orders
        on trees.root_customer_key = orders.customer_key

)

select * from final
