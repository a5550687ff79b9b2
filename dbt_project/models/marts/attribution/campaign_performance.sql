-- Grain: one row per campaign, goal, month and model in which the campaign spent or was credited.
with

attribution as (

    select * from {{ ref('fct_attribution') }}
    where campaign_key is not null

),

aliases as (

    select * from {{ ref('campaign_aliases') }}

),

goals as (

    select goal_code from {{ ref('conversion_goals') }}

),

models as (

    select model_code from {{ ref('attribution_models') }}

),

spend as (

    select
        coalesce(aliases.campaign_key, spend.campaign_ref) as campaign_key,
        cast(date_trunc('month', spend.spent_on) as date) as month_start,
        sum(spend.spend_cny) as spend_cny

    from {{ ref('stg_spend') }} as spend

    left join aliases
        on spend.campaign_ref = aliases.campaign_ref

    where spend.campaign_ref is not null
    group by all

),

credited as (

    select
        campaign_key,
        goal_code,
        model_code,
        cast(date_trunc('month', converted_at) as date) as month_start,
        -- decimals, for a sum of doubles depends on the order in which it is made
        sum(cast(weight as decimal(18, 12))) as conversion_count,
        sum(credited_cny) as credited_cny

    from attribution
    group by all

),

-- spend serves every goal at once, so it stands in full beside each; goals and models are never added up
months as (

    select
        campaign_key,
        month_start
    from spend
    union
    select
        campaign_key,
        month_start
    from credited

),

measured as (

    select
        months.campaign_key,
        goals.goal_code,
        months.month_start,
        models.model_code,
        cast(coalesce(spend.spend_cny, 0) as decimal(18, 2)) as spend_cny,
        cast(round(coalesce(credited.conversion_count, 0), 6) as double) as conversion_count,
        cast(coalesce(credited.credited_cny, 0) as decimal(18, 2)) as credited_cny

    from months

    cross join goals

    cross join models

    left join spend
        on
            months.campaign_key = spend.campaign_key
            and months.month_start = spend.month_start

    left join credited
        on
            months.campaign_key = credited.campaign_key
            and months.month_start = credited.month_start
            and goals.goal_code = credited.goal_code
            and models.model_code = credited.model_code

),

performance as (

    select
        campaign_key,
        goal_code,
        month_start,
        model_code,
        spend_cny,
        conversion_count,
        credited_cny,
        cast(spend_cny / nullif(conversion_count, 0) as decimal(18, 2)) as cac_cny,
        cast(credited_cny / nullif(spend_cny, 0) as double) as roas

    from measured

)

select * from performance
