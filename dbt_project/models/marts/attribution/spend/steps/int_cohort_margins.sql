-- Grain: one row per campaign, strategy, month of acquisition and model, and day after the first order with an order.
with

-- without spend in the month there is nothing to pay back
paying_campaigns as (

    select distinct
        campaign_key,
        month_start

    from {{ ref('int_marketing_costs') }}
    where campaign_key is not null

),

paying_strategies as (

    select distinct
        strategy_code,
        month_start

    from {{ ref('int_marketing_costs') }}
    where strategy_code is not null

),

acquisitions as (

    select
        customer_key,
        cast(converted_at as date) as acquired_on,
        cast(date_trunc('month', converted_at) as date) as month_start,
        model_code,
        campaign_key,
        strategy_code,
        -- wide enough to be multiplied by money
        cast(sum(weight) as decimal(38, 12)) as weight

    from {{ ref('fct_attribution') }}
    where
        goal_code = 'acquisition'
        and touch_key is not null
    group by all

),

acquisitions_with_spend as (

    select acquisitions.*
    from acquisitions

    left join paying_campaigns
        on
            acquisitions.campaign_key = paying_campaigns.campaign_key
            and acquisitions.month_start = paying_campaigns.month_start

    left join paying_strategies
        on
            acquisitions.strategy_code = paying_strategies.strategy_code
            and acquisitions.month_start = paying_strategies.month_start

    where
        paying_campaigns.campaign_key is not null
        or paying_strategies.strategy_code is not null

),

margins as (

    select
        acquisitions_with_spend.campaign_key,
        acquisitions_with_spend.strategy_code,
        acquisitions_with_spend.month_start,
        acquisitions_with_spend.model_code,
        cast(purchases.purchased_on - acquisitions_with_spend.acquired_on as integer) as days_after,
        cast(sum(acquisitions_with_spend.weight * purchases.net_cny) as decimal(18, 4)) as net_cny,
        cast(sum(acquisitions_with_spend.weight * purchases.known_net_cny) as decimal(18, 4)) as known_net_cny,
        cast(sum(acquisitions_with_spend.weight * purchases.margin_cny) as decimal(18, 4)) as margin_cny

    from acquisitions_with_spend

    inner join {{ ref('int_purchase_margins') }} as purchases
        on
            acquisitions_with_spend.customer_key = purchases.customer_key
            and acquisitions_with_spend.acquired_on <= purchases.purchased_on

    group by all

)

select * from margins
