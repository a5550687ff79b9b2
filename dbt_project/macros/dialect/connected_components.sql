{#
    The component of every node of an undirected graph, named by the smallest label among its nodes.

    `edges` is a relation with the columns node and other (either direction, repeats allowed), `labels` one
    with node and label. The result has node and label, for the nodes that have an edge. Right for chains
    of any length; the engines differ in how recursion may look at what it has found already.
#}
{% macro connected_components(edges, labels) -%}
    {{ return(adapter.dispatch('connected_components')(edges, labels)) }}
{%- endmacro %}


{# Standard recursion: every pair of nodes that reach each other. Quadratic in the size of a component. #}
{% macro default__connected_components(edges, labels) -%}
    with recursive both_ways as (
        select node, other from {{ edges }}
        union
        select other as node, node as other from {{ edges }}
    ),

    reached (node, other) as (
        select node, other from both_ways
        union
        select
            reached.node,
            both_ways.other
        from reached
        inner join both_ways on reached.other = both_ways.node
    )

    select
        reached.node,
        min(labels.label) as label
    from reached
    inner join {{ labels }} as labels on reached.other = labels.node
    group by reached.node
{%- endmacro %}


{#
    DuckDB keeps one row a node (`using key`) and lowers its label until nothing changes, so the cost is that
    of the edges, not of the pairs. Each round only the neighbours of nodes that just changed are looked at.
#}
{% macro duckdb__connected_components(edges, labels) -%}
    with recursive both_ways as materialized (
        select node, other from {{ edges }}
        union
        select other as node, node as other from {{ edges }}
    ),

    component (node, label) using key (node) as (
        select
            both_ways.node,
            min(labels.label) as label
        from (select node, other from both_ways union select node, node as other from both_ways) as both_ways
        inner join {{ labels }} as labels on both_ways.other = labels.node
        group by both_ways.node
        union
        select
            both_ways.node,
            min(component.label) as label
        from component
        inner join both_ways on component.node = both_ways.other
        inner join recurring.component as standing on both_ways.node = standing.node
        where component.label < standing.label
        group by both_ways.node
    )

    select node, label from component
{%- endmacro %}
