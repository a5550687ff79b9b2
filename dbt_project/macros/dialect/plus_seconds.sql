{# A timestamp so many seconds later, fractions to the microsecond; null when either is. #}
{% macro plus_seconds(moment, seconds) -%}
    {{ return(adapter.dispatch('plus_seconds')(moment, seconds)) }}
{%- endmacro %}

{% macro default__plus_seconds(moment, seconds) -%}
    {{ moment }} + to_microseconds(cast(round(({{ seconds }}) * 1000000.0) as bigint))
{%- endmacro %}
