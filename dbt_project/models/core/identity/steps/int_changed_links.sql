-- Grain: a statement about a membership that a feed makes now and did not make at the last successful build, or the
-- other way round. `node` is null where it names the membership alone.
with

identities as (

    {{ restated_in('identities', [
        'identity_value', 'customer_ref', 'coalesce(linked_at, cast(export_date as timestamp)) as bound_at',
    ]) }}

),

customers as (

    {{ restated_in('customers', ['customer_ref', 'phone', 'email', 'registered_at']) }}

),

creators as (

    {{ restated_in('creators', ['author_ref', 'customer_ref']) }}

),

stated_links as (

    select
        identity_value as node,
        customer_ref as other
    from identities

    union

    select
        phone as node,
        customer_ref as other
    from customers

    union

    select
        email as node,
        customer_ref as other
    from customers

    union

    select
        author_ref as node,
        customer_ref as other
    from creators

),

changed_links as (

    select
        node,
        other

    from stated_links
    where
        node is not null
        or other is not null

)

select * from changed_links
