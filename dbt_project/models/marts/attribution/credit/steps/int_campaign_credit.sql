-- Grain: one row per goal, conversion month, model, campaign, marketing channel and strategy that was credited. Only
-- months whose inputs have changed are summed again, so a refresh does not read the credits of all years.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='period_key') }}

with

affected as (

    {{ affected_keys([periods_with_moved_inputs(this, 'conversion_count > 0')]) }}

),

periods as (

    select * from {{ ref('int_path_periods') }}
    where {{ is_affected('period_key') }}

),

attribution as (

    select
        goal_code,
        cast(date_trunc('month', converted_at) as date) as month_start,
        model_code,
        campaign_key,
        marketing_channel_code,
        strategy_code,
        weight,
        credited_cny

    from {{ ref('fct_attribution') }}

),

credit_sums as (

    select
        periods.period_key,
        attribution.goal_code,
        attribution.month_start,
        attribution.model_code,
        attribution.campaign_key,
        attribution.marketing_channel_code,
        attribution.strategy_code,
        -- decimals, because a sum of doubles depends on the order of its rows
        cast(sum(cast(attribution.weight as decimal(18, 12))) as decimal(28, 12)) as conversion_count,
        cast(sum(attribution.credited_cny) as decimal(18, 2)) as credited_cny,
        periods.inputs_hash

    from attribution

    inner join periods
        on
            attribution.goal_code = periods.goal_code
            and attribution.month_start = periods.month_start

    group by
        periods.period_key,
        attribution.goal_code,
        attribution.month_start,
        attribution.model_code,
        attribution.campaign_key,
        attribution.marketing_channel_code,
        attribution.strategy_code,
        periods.inputs_hash

)

select * from credit_sums
