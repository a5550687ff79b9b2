-- KPI: sales credited to marketing for each yuan spent on it, by month and strategy.
with

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
        cast(credited_cny as double) as numerator,
        cast(spend_cny as double) as denominator,
        conversion_count

    from {{ ref('strategy_performance') }}
    where
        goal_code = 'sale'
        and model_code = '{{ var("kpi_attribution_model") }}'
        -- unattributed and organic sales are not a return on spend
        and strategy_code <> 'unattributed'
        and coalesce(touch_group_code, 'none') <> 'direct'

),

counts_by_day as (

    {{ kpi_counted(segments=true, extras={'sample_count': 'cast(round(sum(conversion_count)) as bigint)'}) }}

)

select * from counts_by_day
