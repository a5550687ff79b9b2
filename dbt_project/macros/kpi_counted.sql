{#
    The finest rows of a KPI whose additivity is `sum`: numerator and denominator of its CTE `subjects`, summed by
    day, channel, brand and product, and by segment where it has them.

    segments    true where `subjects` has segment_kind and segment_code.
    extras      further aggregates of `subjects`, name -> expression, cast to the contract's types.

    with

    subjects as (

        select
            'segments.fct_surveys' as row_table,
            survey_key as row_key,
            cast(answered_at as date) as period_date,
            channel_code,
            'own' as brand_code,
            'all' as product_key,
            cast(score >= 9 as integer) as numerator,
            1 as denominator
        from {{ ref('fct_surveys') }}

    ),

    counts_by_day as (

        {{ kpi_counted() }}

    )

    select * from counts_by_day

    A volume has a null denominator. Sums are rounded, so that the order of the rows does not show in them.
#}
{% macro kpi_counted(segments=false, extras={}) -%}
select
    period_date,
    channel_code,
    brand_code,
    product_key,
    {%- if segments %}
    segment_kind,
    segment_code,
    {%- endif %}
    round(cast(sum(numerator) as double), 6) as numerator,
    round(cast(sum(denominator) as double), 6) as denominator
    {%- for name, expression in extras.items() %},
    {{ expression }} as {{ name }}
    {%- endfor %}
from subjects
group by
    period_date,
    channel_code,
    brand_code,
    product_key
    {%- if segments %},
    segment_kind,
    segment_code
    {%- endif %}
{%- endmacro %}
