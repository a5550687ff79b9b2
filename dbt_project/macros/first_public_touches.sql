{# The CTE `first_public_touches`: the first counted public touch of each customer, with its strategy. #}
{% macro first_public_touches() -%}
first_public_touches as (

    select
        customer_key,
        coalesce(strategy_code, 'no_strategy') as strategy_code,
        touched_at as reached_at

    from {{ ref('fct_touchpoints') }}
    where
        customer_key is not null
        and excluded_code is null
        and domain_code = 'public'
    qualify row_number() over (partition by customer_key order by touched_at, touch_key) = 1

)
{%- endmacro %}
