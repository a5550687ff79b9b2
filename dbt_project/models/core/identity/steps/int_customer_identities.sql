-- Grain: one row per identifier node.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='customer_key') }}

with

affected as (

    {{ affected_keys([
        "select standing.customer_key from " ~ this ~ " as standing"
        ~ " inner join " ~ ref('int_relinked_nodes') ~ " as relinked on standing.node = relinked.node",
        "select standing.customer_key from " ~ this ~ " as standing"
        ~ " left join " ~ ref('int_customer_nodes') ~ " as nodes on standing.node = nodes.node"
        ~ " where nodes.node is null",
    ]) }}

),

-- on an incremental run, whoever was one person with a node that is linked anew, and whoever has not been seen before;
-- no link leads from these to anybody else, for both ends of a new one are among them
nodes as (

    select
        node,
        is_registered

    from {{ ref('int_customer_nodes') }}
    {#- who stands, and is not affected #}
    {%- set unmoved -%}
    select standing.node from {{ this }} as standing
    where standing.customer_key not in (select affected.customer_key from affected)
    {%- endset %}
    where {% if replaces_affected() %}node not in ({{ unmoved }}){% else %}1 = 1{% endif %}

),

cuts as (

    select * from {{ ref('int_identity_cuts') }}

),

links as (

    select
        links.node,
        links.other

    from {{ ref('int_customer_links') }} as links

    left join cuts as shared
        on
            links.node = shared.node
            and shared.cut_code = 'shared_identifier'

    left join cuts as crowded
        on
            links.other = crowded.node
            and links.identity_kind = crowded.identity_kind
            and crowded.cut_code = 'crowded_customer'

    where
        not links.is_rebound
        and shared.node is null
        and crowded.node is null
        and {% if replaces_affected() %}links.node in (select nodes.node from nodes){% else %}1 = 1{% endif %}

),

-- Nearly every identifier names one membership, and follows it. Only those that name several join people, so
-- the graph to search is one of memberships, a small part of all nodes.
identifiers as (

    select
        node,
        min(other) as membership,
        count(*) as membership_count

    from links
    group by node

),

memberships as (

    select distinct other as node
    from links

),

edges as ( -- noqa: ST03

    select
        links.other as node,
        identifiers.membership as other

    from links

    inner join identifiers
        on
            links.node = identifiers.node
            and links.other <> identifiers.membership

    where identifiers.membership_count > 1

    union

    -- a membership that another register takes for an identifier
    select
        identifiers.node,
        identifiers.membership as other

    from identifiers

    inner join memberships
        on identifiers.node = memberships.node

),

labels as ( -- noqa: ST03

    select
        node,
        node as label

    from memberships

),

components as (

    -- the linter does not know DuckDB's `using key`
    select * from ({{ connected_components('edges', 'labels') }}) as found -- noqa: PRS

),

-- every linked node once: a membership that is an identifier, too, has an edge to the one that it follows
node_components as (

    select
        node,
        membership
    from identifiers

    union all

    select
        memberships.node,
        memberships.node as membership

    from memberships

    left join identifiers
        on memberships.node = identifiers.node

    where identifiers.node is null

),

nodes_with_component as (

    select
        nodes.node,
        nodes.is_registered,
        coalesce(components.label, node_components.membership, nodes.node) as component

    from nodes

    left join node_components
        on nodes.node = node_components.node

    left join components
        on node_components.membership = components.node

),

-- a person is named after the smallest registered node of the component, else after the smallest of any kind; both
-- are facts of the data, so the order of arrival has no say
names as (

    select
        component,
        coalesce(min(node) filter (where is_registered), min(node)) as name

    from nodes_with_component
    group by component

),

nodes_with_key as (

    select
        nodes_with_component.node,
        {{ customer_key_of('names.name') }} as customer_key

    from nodes_with_component

    inner join names
        on nodes_with_component.component = names.component

)

select * from nodes_with_key
