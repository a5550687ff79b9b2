-- Grain: one row per goal, month of conversion, model, marketing channel and strategy.
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
        case when touch_key is null then 'unattributed' else coalesce(marketing_channel_code, 'unknown') end
            as marketing_channel_code,
        case when touch_key is null then 'unattributed' else coalesce(strategy_code, 'unknown') end as strategy_code,
        weight,
        credited_cny

    from {{ ref('fct_attribution') }}

),

credit as (

    select
        periods.period_key,
        periods.goal_code,
        periods.month_start,
        attribution.model_code,
        attribution.marketing_channel_code,
        attribution.strategy_code,
        -- decimals, for a sum of doubles depends on the order in which it is made
        cast(sum(cast(attribution.weight as decimal(18, 12))) as decimal(38, 12)) as conversion_count,
        cast(sum(attribution.credited_cny) as decimal(18, 2)) as credited_cny,
        periods.inputs_hash

    from attribution

    inner join periods
        on
            attribution.goal_code = periods.goal_code
            and attribution.month_start = periods.month_start

    group by
        periods.period_key,
        periods.goal_code,
        periods.month_start,
        attribution.model_code,
        attribution.marketing_channel_code,
        attribution.strategy_code,
        periods.inputs_hash

)

select * from credit
