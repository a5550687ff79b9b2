-- Over campaigns, and over strategies, a goal, month and model has the conversions and the value of fct_conversions.
with

conversions as (

    select
        goal_code,
        cast(date_trunc('month', converted_at) as date) as month_start,
        count(*) as conversion_count,
        sum(value_cny) as value_cny

    from {{ ref('fct_conversions') }}
    group by all

),

expected as (

    select
        conversions.*,
        models.model_code

    from conversions

    cross join {{ ref('attribution_models') }} as models

),

performance as (

    {% for mart in ['campaign_performance', 'strategy_performance'] -%}
    select
        '{{ mart }}' as mart,
        goal_code,
        month_start,
        model_code,
        sum(conversion_count) as conversion_count,
        sum(credited_cny) as credited_cny

    from {{ ref(mart) }}
    group by all
    {% if not loop.last %}
    union all

    {% endif -%}
    {%- endfor %}

)

select
    performance.mart,
    expected.goal_code,
    expected.month_start,
    expected.model_code,
    expected.conversion_count,
    performance.conversion_count as credited_count,
    expected.value_cny,
    performance.credited_cny

from expected

left join performance
    on
        expected.goal_code = performance.goal_code
        and expected.month_start = performance.month_start
        and expected.model_code = performance.model_code

where
    performance.mart is null
    or abs(expected.conversion_count - performance.conversion_count) > 0.01
    or expected.value_cny <> performance.credited_cny
