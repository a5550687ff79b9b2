-- Grain: one row per buyer and day on which they bought or were refunded.
with

purchases as (

    select
        customer_key,
        purchased_on as happened_on,
        purchased_on,
        purchase_kind,
        net_cny

    from {{ ref('int_purchase_days') }}

),

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

refunds as (

    select
        refunds.customer_key,
        cast(refunds.refunded_at as date) as happened_on,
        cast(null as date) as purchased_on,
        cast(null as {{ dbt.type_string() }}) as purchase_kind,
        -refunds.amount_cny as net_cny

    from {{ ref('fct_refunds') }} as refunds

    inner join as_of
        on cast(refunds.refunded_at as date) <= as_of.as_of

    -- refunds of orders that never counted are left out
    where
        refunds.customer_key is not null
        and refunds.is_order_valid

),

all_payments as (

    select * from purchases
    union all
    select * from refunds

),

days as (

    select
        customer_key,
        happened_on,
        -- null on a day with refunds alone
        max(purchased_on) as purchased_on,
        max(purchase_kind) as purchase_kind,
        count(purchased_on) as purchase_count,
        cast(sum(net_cny) as decimal(18, 2)) as net_cny

    from all_payments
    group by customer_key, happened_on

)

select * from days
