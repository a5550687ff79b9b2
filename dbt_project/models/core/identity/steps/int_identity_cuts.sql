-- Grain: one row per identifier that is cut off from identity resolution, and per membership and kind without weight.
-- Counted on the links as stated, before anybody is merged: no cut depends on another one.
with

links as (

    select * from {{ ref('int_customer_links') }}
    where not is_rebound

),

rules as (

    select * from {{ ref('identity_rules') }}

),

kinds as (

    select distinct identity_kind from links

),

limits as (

    select
        kinds.identity_kind,
        coalesce(rules.maximum_customers, other_rules.maximum_customers) as maximum_customers,
        coalesce(rules.maximum_identifiers, other_rules.maximum_identifiers) as maximum_identifiers

    from kinds

    left join rules
        on kinds.identity_kind = rules.identity_kind

    left join rules as other_rules
        on other_rules.identity_kind = '*'

),

shared_identifiers as (

    select
        links.node,
        links.identity_kind,
        'shared_identifier' as cut_code,
        count(*) as link_count,
        min(links.first_linked_on) as first_linked_on,
        max(links.last_linked_on) as last_linked_on

    from links
    group by links.node, links.identity_kind
    having count(*) > 1

),

crowded_memberships as (

    select
        other as node,
        identity_kind,
        'crowded_customer' as cut_code,
        count(*) as link_count,
        min(first_linked_on) as first_linked_on,
        max(last_linked_on) as last_linked_on

    from links
    group by other, identity_kind
    having count(*) > 1

),

-- a membership stands for a person, whatever else it is said to be
shared_memberships as (

    select distinct shared_identifiers.node

    from shared_identifiers

    inner join links
        on shared_identifiers.node = links.other

),

cuts as (

    select
        shared_identifiers.*,
        limits.maximum_customers as maximum_count

    from shared_identifiers

    inner join limits
        on
            shared_identifiers.identity_kind = limits.identity_kind
            and shared_identifiers.link_count > limits.maximum_customers

    left join shared_memberships
        on shared_identifiers.node = shared_memberships.node

    where shared_memberships.node is null

    union all

    select
        crowded_memberships.*,
        limits.maximum_identifiers as maximum_count

    from crowded_memberships

    inner join limits
        on
            crowded_memberships.identity_kind = limits.identity_kind
            and crowded_memberships.link_count > limits.maximum_identifiers

)

select * from cuts
