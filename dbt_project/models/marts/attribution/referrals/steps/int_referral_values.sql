-- Grain: one row per membership customer whose first days as such are all in the data, with what they bought in them.
{%- set days = var('referral_value_days') %}
with

as_of as (

    select as_of_end_at from {{ ref('stg_as_of') }}

),

orders as (

    select * from {{ ref('fct_orders') }}
    where
        is_valid
        and customer_key is not null

),

data_start as (

    select min(ordered_at) as started_at from orders

),

registered as (

    select
        identities.customer_key,
        min(customers.registered_at) as registered_at

    from {{ ref('stg_customers') }} as customers

    inner join {{ ref('int_customer_identities') }} as identities
        on customers.customer_ref = identities.node

    group by identities.customer_key

),

referred as (

    select
        invitee_customer_key as customer_key,
        registered_at

    from {{ ref('fct_referrals') }}
    where generation is not null

),

joined as (

    select
        coalesce(registered.customer_key, referred.customer_key) as customer_key,
        coalesce(registered.registered_at, referred.registered_at) as joined_at,
        referred.customer_key is not null as is_referred

    from registered

    full outer join referred
        on registered.customer_key = referred.customer_key

),

-- equal ages: nobody is counted before all of the days are over, nor whose days began before the orders do
followed as (

    select
        joined.customer_key,
        joined.joined_at,
        joined.is_referred

    from joined

    cross join as_of

    cross join data_start

    where
        joined.joined_at >= data_start.started_at
        and joined.joined_at + {{ days }} * interval '1 day' <= as_of.as_of_end_at

),

final as (

    select
        followed.customer_key,
        followed.joined_at,
        followed.is_referred,
        count(orders.order_key) as order_count,
        cast(coalesce(sum(orders.net_cny - orders.refunded_cny), 0) as decimal(18, 2)) as net_cny

    from followed

    left join orders
        on
            followed.customer_key = orders.customer_key
            and followed.joined_at <= orders.ordered_at
            and followed.joined_at + {{ days }} * interval '1 day' > orders.ordered_at

    group by followed.customer_key, followed.joined_at, followed.is_referred

)

select * from final
