{# The clauses of a text as one row each, in a select list; punctuation ends a clause, in Chinese and in Latin writing. #}
{% macro clauses_of(text) -%}
    {{ return(adapter.dispatch('clauses_of')(text)) }}
{%- endmacro %}

{% macro default__clauses_of(text) -%}
    explode(split({{ text }}, '[，。！？；、,.!?;\\s]+'))
{%- endmacro %}

{% macro duckdb__clauses_of(text) -%}
    unnest(string_split_regex({{ text }}, '[，。！？；、,.!?;\s]+'))
{%- endmacro %}
