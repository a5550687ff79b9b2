{#
    Cohorts of customers, by what acquired them and what they bought first: int_customer_acquisition's columns as
    rows of one long table.

        select
            {{ cohort_dimensions() }},
            acquired_month,
            count(*) as customer_count
        from {{ ref('int_customer_acquisition') }}
        group by grouping sets {{ cohort_sets(['acquired_month']) }}

    gives dimension_code (all, group, strategy, first_product) and dimension_value ('all' for all; `unknown` for a
    first purchase whose lines have not landed). `cohort_names` joins what a person would call the value.
#}
{%- macro cohort_columns() -%}
    {{ return({
        'group': 'acquisition_group_code',
        'strategy': 'acquisition_strategy_code',
        'first_product': 'first_product_key',
    }) }}
{%- endmacro -%}


{% macro cohort_dimensions() -%}
    case
        {%- for code, column in cohort_columns().items() %}
        when grouping({{ column }}) = 0 then '{{ code }}'
        {%- endfor %}
        else 'all'
    end as dimension_code,
    case
        {%- for code, column in cohort_columns().items() %}
        when grouping({{ column }}) = 0 then coalesce({{ column }}, 'unknown')
        {%- endfor %}
        else 'all'
    end as dimension_value
{%- endmacro %}


{# The grouping sets: by `keys` alone, and by them and each dimension. #}
{% macro cohort_sets(keys) -%}
    (
        ({{ keys | join(', ') }})
        {%- for column in cohort_columns().values() %},
        ({{ (keys + [column]) | join(', ') }})
        {%- endfor %}
    )
{%- endmacro %}


{# A query of dimension_code, dimension_value and dimension_name, for those that have a name of their own. #}
{% macro cohort_names() -%}
    select
        'strategy' as dimension_code,
        strategy_code as dimension_value,
        strategy_name as dimension_name
    from {{ ref('strategies') }}
    union all
    select
        'first_product' as dimension_code,
        product_key as dimension_value,
        product_name as dimension_name
    from {{ ref('dim_products') }}
{%- endmacro %}
