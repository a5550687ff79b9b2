{# One row per element of a list, in the select clause of a query. #}
{% macro unnest_list(elements) -%}
    {{ return(adapter.dispatch('unnest_list')(elements)) }}
{%- endmacro %}

{% macro default__unnest_list(elements) -%}
    unnest({{ elements }})
{%- endmacro %}

{% macro spark__unnest_list(elements) -%}
    explode({{ elements }})
{%- endmacro %}
