{#
    The insight_ref of a ledger row as mart_action_queue shows it: landing puts the owner of every ref in front
    (studio:logistics), and whoever writes the ledger copied what stands behind it.
#}
{% macro insight_of(actions) -%}
    substring({{ actions }}.insight_ref, position(':' in {{ actions }}.insight_ref) + 1)
{%- endmacro %}
