{# Whether a number is in a set that number_set has made. #}
{% macro in_number_set(number, numbers) -%}
    {{ return(adapter.dispatch('in_number_set')(number, numbers)) }}
{%- endmacro %}

{% macro default__in_number_set(number, numbers) -%}
    ({{ numbers }} & shiftleft(cast(1 as bigint), cast(least({{ number }}, 62) as integer))) <> 0
{%- endmacro %}

{% macro duckdb__in_number_set(number, numbers) -%}
    ({{ numbers }} & (cast(1 as hugeint) << cast(least({{ number }}, 126) as integer))) <> 0
{%- endmacro %}
