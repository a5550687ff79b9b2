-- Grain: one row per conversion: a goal that a person reached once.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='journey_key') }}

with

affected as (

    {{ affected_keys([
        "select customer_key from " ~ ref('int_changed_customers'),
        "select coalesce(customer_key, 'order:' || order_ref) from " ~ ref('fct_orders')
        ~ " where order_ref in (select order_ref from " ~ ref('int_changed_orders') ~ ")",
        "select 'order:' || order_ref from " ~ ref('int_changed_orders'),
        "select customer_key from ("
        ~ "(select 'voice:' || voice_key as conversion_key, customer_key, posted_at from " ~ ref('int_customer_voices')
        ~ " except select conversion_key, customer_key, converted_at from " ~ this ~ ")"
        ~ " union all "
        ~ "(select conversion_key, customer_key, converted_at from " ~ this ~ " where goal_code = 'voice'"
        ~ " except select 'voice:' || voice_key, customer_key, posted_at from " ~ ref('int_customer_voices') ~ ")) as moved",
    ]) }}

),

orders as (

    select
        -- an order whose buyer is unknown is a journey of its own, so that sales add up
        coalesce(customer_key, 'order:' || order_ref) as journey_key,
        customer_key,
        order_key,
        channel_code,
        ordered_at,
        cast(ordered_at as date) as ordered_on,
        net_cny - refunded_cny as value_cny

    from {{ ref('fct_orders') }}
    where
        is_valid
        and {{ is_affected("coalesce(customer_key, 'order:' || order_ref)") }}

),

voices as (

    select * from {{ ref('int_customer_voices') }}
    where {{ is_affected('customer_key') }}

),

purchase_days as (

    -- orders of one day are one purchase: shops split a basket over several orders
    select
        journey_key,
        customer_key,
        order_key,
        channel_code,
        ordered_at,
        sum(value_cny) over (partition by customer_key, ordered_on) as value_cny,
        dense_rank() over (partition by customer_key order by ordered_on) as purchase_number

    from orders
    where customer_key is not null
    qualify row_number() over (partition by customer_key, ordered_on order by ordered_at, order_key) = 1

),

sales as (

    select
        'sale:' || order_key as conversion_key,
        'sale' as goal_code,
        journey_key,
        customer_key,
        channel_code,
        ordered_at as converted_at,
        value_cny

    from orders

),

first_and_further_purchases as (

    select
        case when purchase_number = 1 then 'acquisition:' else 'retention:' end || order_key as conversion_key,
        case when purchase_number = 1 then 'acquisition' else 'retention' end as goal_code,
        journey_key,
        customer_key,
        channel_code,
        ordered_at as converted_at,
        value_cny

    from purchase_days

),

voiced as (

    select
        'voice:' || voice_key as conversion_key,
        'voice' as goal_code,
        customer_key as journey_key,
        customer_key,
        channel_code,
        posted_at as converted_at,
        -- what a voice is worth is not known here; 0 keeps the credits of the goal reconcilable
        0 as value_cny

    from voices

),

united as (

    select * from sales
    union all
    select * from first_and_further_purchases
    union all
    select * from voiced

),

conversions as (

    select
        conversion_key,
        goal_code,
        journey_key,
        customer_key,
        channel_code,
        converted_at,
        cast(value_cny as decimal(18, 2)) as value_cny

    from united

)

select * from conversions
