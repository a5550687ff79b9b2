-- Grain: one row per goal, conversion month, model, campaign, marketing channel and strategy that was credited.
with

-- the one pass over every credit there is; what campaigns, strategies and channels were given is added up from here
credited as (

    select
        goal_code,
        cast(date_trunc('month', converted_at) as date) as month_start,
        model_code,
        campaign_key,
        marketing_channel_code,
        strategy_code,
        -- decimals, for a sum of doubles depends on the order in which it is made
        cast(sum(cast(weight as decimal(18, 12))) as decimal(28, 12)) as conversion_count,
        cast(sum(credited_cny) as decimal(18, 2)) as credited_cny

    from {{ ref('fct_attribution') }}
    group by all

)

select * from credited
