{#
    A set of small numbers as an aggregate that is cheap to group by: 0 to 126 on DuckDB, to 62 elsewhere; larger ones
    count as the largest. Millions of lists would be sorted for the same. See in_number_set.
#}
{% macro number_set(number) -%}
    {{ return(adapter.dispatch('number_set')(number)) }}
{%- endmacro %}

{% macro default__number_set(number) -%}
    bit_or(shiftleft(cast(1 as bigint), cast(least({{ number }}, 62) as integer)))
{%- endmacro %}

{% macro duckdb__number_set(number) -%}
    bit_or(cast(1 as hugeint) << cast(least({{ number }}, 126) as integer))
{%- endmacro %}
