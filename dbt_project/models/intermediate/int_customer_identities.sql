-- Grain: one row per identifier node.
with

nodes as (

    select
        node,
        -- a person is named after the smallest registered node of the component, else after the smallest
        -- of any kind; both are facts of the data, so the order of arrival has no say
        case when is_registered then '0' else '1' end || node as label

    from {{ ref('int_customer_nodes') }}

),

links as ( -- noqa: ST03

    select * from {{ ref('int_customer_links') }}

),

components as (

    -- the linter does not know DuckDB's `using key`
    select * from ({{ connected_components('links', 'nodes') }}) as found -- noqa: PRS

),

resolved as (

    select
        nodes.node,
        coalesce(components.label, nodes.label) as label

    from nodes

    left join components
        on nodes.node = components.node

),

keyed as (

    select
        node,
        {{ customer_key_of('substring(label, 2)') }} as customer_key

    from resolved

)

select * from keyed
