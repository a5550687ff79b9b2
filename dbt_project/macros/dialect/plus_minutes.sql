{# A timestamp so many minutes later; null when either is. #}
{% macro plus_minutes(moment, minutes) -%}
    {{ return(adapter.dispatch('plus_minutes')(moment, minutes)) }}
{%- endmacro %}

{% macro default__plus_minutes(moment, minutes) -%}
    {{ moment }} + {{ minutes }} * interval '1 minute'
{%- endmacro %}
