{# A folder's schema is used as it is written: readers query reviews.fct_voices, not main_reviews.fct_voices. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
{%- endmacro %}
