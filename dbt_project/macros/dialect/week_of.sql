{# Monday of the week of a timestamp or date, as a date. #}
{% macro week_of(moment) -%}
    {{ return(adapter.dispatch('week_of')(moment)) }}
{%- endmacro %}

{% macro default__week_of(moment) -%}
    cast(date_trunc('week', {{ moment }}) as date)
{%- endmacro %}
