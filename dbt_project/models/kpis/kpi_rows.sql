-- Grain: one row per row of any KPI: the finest grain of those that are summed, the periods of those that are not.
{{ config(materialized='view') }}
{#- Every KPI, by its entry: dbt must know the parents before it has read one, so their list is a generated macro. -#}
{% if kpi_models is not defined -%}
    {%- do exceptions.raise_compiler_error("what dbt reads is not generated yet; run: make interface") -%}
{%- endif %}

{% for kpi in kpi_models() -%}
{%- set squares = kpi.sum_of_squares -%}
select
    '{{ kpi.name }}' as kpi_code,
    '{{ kpi.interval }}' as interval_code,
    {{ "'day'" if kpi.additivity == 'sum' else 'period_kind' }} as period_kind,
    period_date,
    {{ 'is_cut' if 'is_cut' in kpi.columns else 'false as is_cut' }},
    channel_code,
    brand_code,
    product_key,
    {{ 'segment_kind' if 'segment_kind' in kpi.columns else "'all' as segment_kind" }},
    {{ 'segment_code' if 'segment_code' in kpi.columns else "'all' as segment_code" }},
    numerator,
    denominator,
    {{ 'cast(' ~ squares ~ ' as double)' if squares else 'cast(null as double)' }} as sum_of_squares,
    {{ 'value_low' if 'value_low' in kpi.columns else 'cast(null as double)' }} as value_low,
    {{ 'value_high' if 'value_high' in kpi.columns else 'cast(null as double)' }} as value_high,
    cast({{ 'sample_count' if 'sample_count' in kpi.columns else 'coalesce(denominator, numerator)' }} as bigint)
        as sample_count
from {{ ref(kpi.name) }}
{% if not loop.last %}
union all

{% endif -%}
{%- endfor %}
