-- KPI: first-time buyers who bought again on a later day within 30 days, by the day of the first purchase.
with

first_purchases as (

    select * from {{ ref('fct_conversions') }}
    where goal_code = 'acquisition'

),

further_purchases as (

    select
        customer_key,
        min(converted_at) as second_purchased_at

    from {{ ref('fct_conversions') }}
    where goal_code = 'retention'
    group by customer_key

),

as_of as (

    select * from {{ ref('stg_as_of') }}

),

matured as (

    select
        cast(first_purchases.converted_at as date) as period_date,
        first_purchases.channel_code,
        coalesce(
            cast(further_purchases.second_purchased_at as date)
            <= cast(first_purchases.converted_at as date) + interval '30 days',
            false
        ) as is_repurchased

    from first_purchases

    cross join as_of

    left join further_purchases
        on first_purchases.customer_key = further_purchases.customer_key

    where
        -- a buyer of last week has not failed to come back
        cast(first_purchases.converted_at as date) + interval '30 days' <= as_of.as_of

),

counted as (

    select
        period_date,
        channel_code,
        -- who buys from us buys from the house; a basket holds several products
        'own' as brand_code,
        'all' as product_key,
        cast(count(*) filter (where is_repurchased) as double) as numerator,
        cast(count(*) as double) as denominator

    from matured
    group by all

)

select * from counted
