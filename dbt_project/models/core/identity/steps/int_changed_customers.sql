-- Grain: a customer key, of now or of before, with a record that changed since the last successful build.
-- Incremental facts replace the rows of these customers; on a first build it is everybody.
{%- set doings = {
    'orders': 'customer_ref',
    'touchpoints': 'identity_value',
    'reviews': 'author_ref',
    'mentions': 'author_ref',
    'surveys': 'customer_ref',
    'community_activity': 'customer_ref',
    'service_contacts': 'customer_ref',
    'referrals': 'inviter_ref',
} %}

with

builds as (

    select {{ build_watermark() }} as watermark

),

changed_nodes as (

    select
        node,
        true as has_changed_links
    from {{ ref('int_relinked_nodes') }}

    union all

    -- all versions of a changed record: whom it named before has lost it
    {%- for feed, column in doings.items() %}

    select
        {{ column }} as node,
        false as has_changed_links
    from {{ source('raw', feed) }}
    where
        record_key in (
            select changed.record_key
            from {{ source('raw', feed) }} as changed
            cross join builds
            where changed.load_id > builds.watermark or changed.superseded_load_id > builds.watermark
        )

    union all
    {%- endfor %}

    -- an invitation is about two people
    select
        invitee_ref as node,
        false as has_changed_links
    from {{ source('raw', 'referrals') }}
    where
        record_key in (
            select changed.record_key
            from {{ source('raw', 'referrals') }} as changed
            cross join builds
            where changed.load_id > builds.watermark or changed.superseded_load_id > builds.watermark
        )

),

nodes as (

    select
        node,
        bool_or(has_changed_links) as has_changed_links

    from changed_nodes
    where node is not null
    group by node

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

customers as (

    select
        identities.customer_key,
        bool_or(nodes.has_changed_links) as has_changed_links

    from nodes

    inner join identities
        on nodes.node = identities.node

    group by identities.customer_key

),

-- Whoever a link joins or leaves is, or was, named after one of these nodes: each end of a link that came, went, was
-- cut or freed is among the changed nodes, so the components of now hold all that is left of the components of before.
names as (

    select
        {{ customer_key_of('identities.node') }} as customer_key,
        true as has_changed_links

    from customers

    inner join identities
        on customers.customer_key = identities.customer_key

    where customers.has_changed_links

    union all

    select
        {{ customer_key_of('node') }} as customer_key,
        has_changed_links

    from nodes

    union all

    select
        customer_key,
        has_changed_links

    from customers

),

affected as (

    select
        customer_key,
        bool_or(has_changed_links) as has_changed_links

    from names
    group by customer_key

)

select * from affected
