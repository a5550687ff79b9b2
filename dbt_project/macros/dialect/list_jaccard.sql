{#
    The Jaccard similarity of two lists of distinct elements: those in both over those in either. Null when
    both are empty.
#}
{% macro list_jaccard(one, other) -%}
    {{ return(adapter.dispatch('list_jaccard')(one, other)) }}
{%- endmacro %}

{% macro default__list_jaccard(one, other) -%}
    cast(
        len(list_intersect({{ one }}, {{ other }}))
        / nullif(len({{ one }}) + len({{ other }}) - len(list_intersect({{ one }}, {{ other }})), 0) as double
    )
{%- endmacro %}

{% macro spark__list_jaccard(one, other) -%}
    cast(
        size(array_intersect({{ one }}, {{ other }})) / nullif(size(array_union({{ one }}, {{ other }})), 0) as double
    )
{%- endmacro %}
