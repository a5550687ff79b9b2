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

conversions_by_model as (

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
    conversions_by_model.goal_code,
    conversions_by_model.month_start,
    conversions_by_model.model_code,
    conversions_by_model.conversion_count,
    performance.conversion_count as credited_count,
    conversions_by_model.value_cny,
    performance.credited_cny

from conversions_by_model

left join performance
    on
        conversions_by_model.goal_code = performance.goal_code
        and conversions_by_model.month_start = performance.month_start
        and conversions_by_model.model_code = performance.model_code

where
    performance.mart is null
    or abs(conversions_by_model.conversion_count - performance.conversion_count) > 0.01
    or conversions_by_model.value_cny <> performance.credited_cny
