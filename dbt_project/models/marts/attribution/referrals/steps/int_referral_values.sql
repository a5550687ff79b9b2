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

{{ registrations() }},

referred_customers as (

    select
        invitee_customer_key as customer_key,
        registered_at

    from {{ ref('fct_referrals') }}
    where generation is not null

),

newcomers as (

    select
        coalesce(registrations.customer_key, referred_customers.customer_key) as customer_key,
        coalesce(registrations.registered_at, referred_customers.registered_at) as joined_at,
        referred_customers.customer_key is not null as is_referred

    from registrations

    full outer join referred_customers
        on registrations.customer_key = referred_customers.customer_key

),

-- equal ages: a customer counts once the whole window is over, and only if it began after the first order in the data
newcomers_with_full_window as (

    select
        newcomers.customer_key,
        newcomers.joined_at,
        newcomers.is_referred

    from newcomers

    cross join as_of

    cross join data_start

    where
        newcomers.joined_at >= data_start.started_at
        and newcomers.joined_at + {{ days }} * interval '1 day' <= as_of.as_of_end_at

),

final as (

    select
        newcomers_with_full_window.customer_key,
        newcomers_with_full_window.joined_at,
        newcomers_with_full_window.is_referred,
        count(orders.order_key) as order_count,
        cast(coalesce(sum(orders.net_cny - orders.refunded_cny), 0) as decimal(18, 2)) as net_cny

    from newcomers_with_full_window

    left join orders
        on
            newcomers_with_full_window.customer_key = orders.customer_key
            and newcomers_with_full_window.joined_at <= orders.ordered_at
            and newcomers_with_full_window.joined_at + {{ days }} * interval '1 day' > orders.ordered_at

    group by
        newcomers_with_full_window.customer_key,
        newcomers_with_full_window.joined_at,
        newcomers_with_full_window.is_referred

)

select * from final
