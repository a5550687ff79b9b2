-- KPI: what the customers acquired in a month are worth, over what acquiring them cost, by strategy.
{%- set model_code = "'" ~ var('kpi_attribution_model') ~ "'" %}
with

customers as (

    select
        customer_key,
        cast(historic_margin_cny + margin_12m_cny as double) as lifetime_margin_cny

    from {{ ref('customer_value') }}

),

acquisitions as (

    select
        credits.conversion_key,
        credits.touch_key,
        credits.weight,
        coalesce(
            credits.strategy_code,
            case when credits.marketing_channel_code = 'unattributed' then 'unattributed' else 'no_strategy' end
        ) as strategy_code,
        cast(date_trunc('month', credits.converted_at) as date) as month_start,
        customers.lifetime_margin_cny

    from {{ ref('fct_attribution') }} as credits

    inner join customers
        on credits.customer_key = customers.customer_key

    where
        credits.goal_code = 'acquisition'
        and credits.model_code = {{ model_code }}

),

costs as (

    select * from {{ ref('strategy_performance') }}
    where
        goal_code = 'acquisition'
        and model_code = {{ model_code }}
        and spend_cny > 0

),

-- months without a known customer value, and months before the first known spend, are left out: unknown is not 0
known_months as (

    select month_start
    from acquisitions
    where month_start in (select month_start from costs)
    group by month_start
    having
        sum(weight) filter (where lifetime_margin_cny is not null)
        >= {{ var('payback_fewest_known_share') }} * sum(weight)

),

subjects as (

    select
        'attribution.fct_attribution' as row_table,
        acquisitions.conversion_key
        || '|'
        || {{ model_code }}
        || '|'
        || coalesce(acquisitions.touch_key, '') as row_key,
        acquisitions.month_start as period_date,
        'all' as channel_code,
        'own' as brand_code,
        'all' as product_key,
        'strategy' as segment_kind,
        acquisitions.strategy_code as segment_code,
        acquisitions.weight * acquisitions.lifetime_margin_cny as numerator,
        cast(0 as double) as denominator,
        acquisitions.weight as customer_weight

    from acquisitions

    inner join known_months
        on acquisitions.month_start = known_months.month_start

    where acquisitions.lifetime_margin_cny is not null

    union all

    select
        'attribution.strategy_performance' as row_table,
        costs.strategy_code || '|' || costs.goal_code || '|' || cast(costs.month_start as {{ dbt.type_string() }})
        || '|' || costs.model_code as row_key,
        costs.month_start as period_date,
        'all' as channel_code,
        'own' as brand_code,
        'all' as product_key,
        'strategy' as segment_kind,
        costs.strategy_code as segment_code,
        cast(0 as double) as numerator,
        cast(costs.spend_cny as double) as denominator,
        cast(0 as double) as customer_weight

    from costs

    inner join known_months
        on costs.month_start = known_months.month_start

),

counts_by_day as (

    {{ kpi_counted(segments=true, extras={'sample_count': 'cast(round(sum(customer_weight)) as bigint)'}) }}

)

select * from counts_by_day
