-- Grain: one row per statement that an identifier and a membership are the same person.
with

identities as (

    select
        identity_value as node,
        customer_ref as other,
        cast(linked_at as date) as linked_on

    from {{ ref('stg_identities') }}

),

phones as (

    select
        phone as node,
        customer_ref as other,
        cast(registered_at as date) as linked_on

    from {{ ref('stg_customers') }}

),

emails as (

    select
        email as node,
        customer_ref as other,
        cast(registered_at as date) as linked_on

    from {{ ref('stg_customers') }}

),

creators as (

    select
        author_ref as node,
        customer_ref as other,
        cast(null as date) as linked_on

    from {{ ref('stg_creators') }}

),

stated as (

    select * from identities
    union all
    select * from phones
    union all
    select * from emails
    union all
    select * from creators

),

rules as (

    select * from {{ ref('identity_rules') }}

),

-- names are no evidence: two people may share one
links as (

    select
        node,
        other,
        substring(node, 1, position(':' in node) - 1) as identity_kind,
        min(linked_on) as first_linked_on,
        max(linked_on) as last_linked_on

    from stated
    where
        node is not null
        and other is not null
        and node <> other
    group by node, other

),

memberships as (

    select distinct other as node
    from links

),

customers_of_identifier as (

    select
        node,
        count(*) as customer_count

    from links
    group by node
    having count(*) > 1

),

identifiers_of_customer as (

    select
        other,
        identity_kind,
        count(*) as identifier_count

    from links
    group by other, identity_kind
    having count(*) > 1

),

judged as (

    select
        links.node,
        links.other,
        links.identity_kind,
        links.first_linked_on,
        links.last_linked_on,
        -- a membership stands for a person, whatever else it is said to be
        coalesce(
            customers_of_identifier.customer_count > coalesce(rules.maximum_customers, other_rules.maximum_customers)
            and memberships.node is null,
            false
        ) as is_shared,
        coalesce(
            identifiers_of_customer.identifier_count
            > coalesce(rules.maximum_identifiers, other_rules.maximum_identifiers),
            false
        ) as is_crowded

    from links

    left join customers_of_identifier
        on links.node = customers_of_identifier.node

    left join memberships
        on customers_of_identifier.node = memberships.node

    left join identifiers_of_customer
        on
            links.other = identifiers_of_customer.other
            and links.identity_kind = identifiers_of_customer.identity_kind

    left join rules
        on links.identity_kind = rules.identity_kind

    left join rules as other_rules
        on other_rules.identity_kind = '*'

),

final as (

    select
        node,
        other,
        identity_kind,
        first_linked_on,
        last_linked_on,
        is_shared,
        is_crowded,
        is_shared or is_crowded as is_cut

    from judged

)

select * from final
