{# A date so many days later. #}
{% macro plus_days(day, days) -%}
    {{ return(adapter.dispatch('plus_days')(day, days)) }}
{%- endmacro %}

{% macro default__plus_days(day, days) -%}
    cast({{ day }} + {{ days }} * interval '1 day' as date)
{%- endmacro %}
