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
        ~ "(select 'voice:' || voice_key as conversion_key, customer_key, posted_at, product_key from "
        ~ ref('int_customer_voices')
        ~ " except select conversion_key, customer_key, converted_at, product_key from " ~ this ~ ")"
        ~ " union all "
        ~ "(select conversion_key, customer_key, converted_at, product_key from " ~ this ~ " where goal_code = 'voice'"
        ~ " except select 'voice:' || voice_key, customer_key, posted_at, product_key from "
        ~ ref('int_customer_voices') ~ ")) as moved",
    ]) }}

),

orders as (

    select
        -- an order of an unknown buyer is a journey of its own, so that sales add up
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

lines as (

    select
        items.order_key,
        items.product_key,
        items.net_cny,
        items.line_number,
        items.order_item_key

    from {{ ref('fct_order_items') }} as items

    inner join orders
        on items.order_key = orders.order_key

    where items.product_key is not null

),

-- an order is analysed under one product, so that no conversion counts twice: that of its largest line
products_of_orders as (

    select
        order_key,
        product_key

    from lines
    qualify row_number() over (
        partition by order_key
        order by net_cny desc, line_number asc, order_item_key asc
    ) = 1

),

products_of_days as (

    select
        orders.customer_key,
        orders.ordered_on,
        lines.product_key

    from lines

    inner join orders
        on lines.order_key = orders.order_key

    where orders.customer_key is not null
    qualify row_number() over (
        partition by orders.customer_key, orders.ordered_on
        order by lines.net_cny desc, orders.ordered_at asc, lines.line_number asc, lines.order_item_key asc
    ) = 1

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
        ordered_on,
        sum(value_cny) over (partition by customer_key, ordered_on) as value_cny,
        dense_rank() over (partition by customer_key order by ordered_on) as purchase_number

    from orders
    where customer_key is not null
    qualify row_number() over (partition by customer_key, ordered_on order by ordered_at, order_key) = 1

),

sales as (

    select
        'sale:' || orders.order_key as conversion_key,
        'sale' as goal_code,
        orders.journey_key,
        orders.customer_key,
        orders.channel_code,
        products_of_orders.product_key,
        orders.ordered_at as converted_at,
        orders.value_cny

    from orders

    left join products_of_orders
        on orders.order_key = products_of_orders.order_key

),

first_and_further_purchases as (

    select
        case when days.purchase_number = 1 then 'acquisition:' else 'retention:' end || days.order_key
            as conversion_key,
        case when days.purchase_number = 1 then 'acquisition' else 'retention' end as goal_code,
        days.journey_key,
        days.customer_key,
        days.channel_code,
        products_of_days.product_key,
        days.ordered_at as converted_at,
        days.value_cny

    from purchase_days as days

    left join products_of_days
        on
            days.customer_key = products_of_days.customer_key
            and days.ordered_on = products_of_days.ordered_on

),

voice_conversions as (

    select
        'voice:' || voice_key as conversion_key,
        'voice' as goal_code,
        customer_key as journey_key,
        customer_key,
        channel_code,
        product_key,
        posted_at as converted_at,
        -- the value of a voice is not known; 0 keeps the credits of the goal reconcilable
        0 as value_cny

    from voices

),

every_conversion as (

    select * from sales
    union all
    select * from first_and_further_purchases
    union all
    select * from voice_conversions

),

conversions as (

    select
        conversion_key,
        goal_code,
        journey_key,
        customer_key,
        channel_code,
        product_key,
        converted_at,
        cast(value_cny as decimal(18, 2)) as value_cny,
        case
            when customer_key is not null
                then row_number() over (partition by journey_key, goal_code order by converted_at, conversion_key) = 1
        end as is_first

    from every_conversion

)

select * from conversions
