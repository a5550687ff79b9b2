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

    select max(as_of) as as_of from {{ ref('kpi_windows') }}

),

subjects as (

    select
        'attribution.fct_conversions' as row_table,
        first_purchases.conversion_key as row_key,
        cast(first_purchases.converted_at as date) as period_date,
        first_purchases.channel_code,
        -- a repurchase is counted for the company, because a basket holds several products
        'own' as brand_code,
        'all' as product_key,
        cast(
            case
                when
                    cast(further_purchases.second_purchased_at as date)
                    <= cast(first_purchases.converted_at as date) + interval '30 days'
                    then 1
                else 0
            end as double
        ) as numerator,
        cast(1 as double) as denominator

    from first_purchases

    cross join as_of

    left join further_purchases
        on first_purchases.customer_key = further_purchases.customer_key

    where
        -- a buyer whose window is not over cannot be judged yet
        cast(first_purchases.converted_at as date) + interval '30 days' <= as_of.as_of

),

counts_by_day as (

    {{ kpi_counted() }}

)

select * from counts_by_day
