{#
    Small cells. A table that breaks people down (by age, stage, cohort, region) suppresses cells with so few of
    them that one could be identified: fewer than var `small_cell_minimum`, and at least one.

        {{ unless_small('count(*)', 'count(*)') }} as customer_count,
        {{ unless_small('avg(order_count)', 'count(*)') }} as mean_order_count,
        {{ small_cell('count(*)') }} as is_suppressed

    The model's yml names the column that counts people in `config.meta.counts_people`: a test checks the
    published rows by it.
#}
{% macro small_cell(count) -%}
    coalesce({{ count }} between 1 and {{ var('small_cell_minimum') - 1 }}, false)
{%- endmacro %}

{# An expression, or null in a small cell. #}
{% macro unless_small(expression, count) -%}
    case when not {{ small_cell(count) }} then {{ expression }} end
{%- endmacro %}
