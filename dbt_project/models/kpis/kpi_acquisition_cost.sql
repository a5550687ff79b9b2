-- KPI: marketing cost of a new customer, by the month in which it was spent and they first bought, and by strategy.
with

performance as (

    select
        *,
        sum(spend_cny) over (partition by month_start) as month_spend_cny

    from {{ ref('strategy_performance') }}
    where
        goal_code = 'acquisition'
        and model_code = '{{ var("kpi_attribution_model") }}'

),

subjects as (

    select
        'attribution.strategy_performance' as row_table,
        strategy_code || '|' || goal_code || '|' || cast(month_start as {{ dbt.type_string() }}) || '|' || model_code
            as row_key,
        month_start as period_date,
        'all' as channel_code,
        'own' as brand_code,
        'all' as product_key,
        'strategy' as segment_kind,
        strategy_code as segment_code,
        cast(spend_cny as double) as numerator,
        conversion_count as denominator

    from performance
    -- spend before the first known spend is unknown, not 0
    where month_spend_cny > 0

),

counts_by_day as (

    {{ kpi_counted(segments=true, extras={'sample_count': 'cast(round(sum(denominator)) as bigint)'}) }}

)

select * from counts_by_day
