{# The days from Monday, 5 January 1970, to a date, as an integer; what is left of its division by 7 is the weekday, 0 for Monday. #}
{% macro day_number(day) -%}
    {{ return(adapter.dispatch('day_number')(day)) }}
{%- endmacro %}

{% macro default__day_number(day) -%}
    cast(datediff({{ day }}, date '1970-01-05') as bigint)
{%- endmacro %}

{% macro duckdb__day_number(day) -%}
    datediff('day', date '1970-01-05', {{ day }})
{%- endmacro %}
