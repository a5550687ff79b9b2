{#
    The customer_key of a person named after `node`. A key is a short hash, so that no mart shows an identifier,
    and depends on the node alone, so that a person's former keys can be computed as well as the present one.
#}
{% macro customer_key_of(node) -%}
    substring(md5({{ node }}), 1, 16)
{%- endmacro %}
