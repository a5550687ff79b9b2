-- Grain: one row per former customer key: the key that a membership had while nothing joined it to another one.
with

identities as (

    select * from {{ ref('int_customer_identities') }}

),

registered_nodes as (

    select node from {{ ref('int_customer_nodes') }}
    where is_registered

),

links as (

    select
        links.node,
        links.other,
        links.first_linked_on

    from {{ ref('int_customer_links') }} as links

    inner join identities
        on links.node = identities.node

    inner join identities as others
        on
            links.other = others.node
            and identities.customer_key = others.customer_key

    where not links.is_rebound

),

-- the day on which an identifier first stood at two memberships
node_joins as (

    select
        links.other as node,
        min(greatest(links.first_linked_on, shared.first_linked_on)) as joined_on

    from links

    inner join links as shared
        on
            links.node = shared.node
            and links.other <> shared.other

    group by links.other

),

final as (

    select

        ---------- keys
        {{ customer_key_of('registered_nodes.node') }} as former_customer_key,
        identities.customer_key,

        ---------- codes
        'merged' as reason_code,

        ---------- times
        node_joins.joined_on as changed_on

    from registered_nodes

    inner join identities
        on registered_nodes.node = identities.node

    left join node_joins
        on registered_nodes.node = node_joins.node

    where {{ customer_key_of('registered_nodes.node') }} <> identities.customer_key

)

select * from final
