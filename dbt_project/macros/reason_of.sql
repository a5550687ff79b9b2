{# The reason of a seed's rule, 中文；English, with {placeholders} replaced by the values of a dict of expressions. #}
{% macro reason_of(rules, values) -%}
    {%- set filled = namespace(text=rules ~ ".reason || '；' || " ~ rules ~ '.reason_en') -%}
    {%- for name, value in values.items() -%}
        {%- set filled.text = 'replace(' ~ filled.text ~ ", '{" ~ name ~ "}', coalesce(cast(" ~ value ~ ' as ' ~ dbt.type_string() ~ "), ''))" -%}
    {%- endfor -%}
    {{ filled.text }}
{%- endmacro %}
