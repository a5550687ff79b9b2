-- Grain: one row per statement that two identifiers are the same person.
with

identities as (

    select
        identity_value as node,
        customer_ref as other

    from {{ ref('stg_identities') }}

),

phones as (

    select
        customer_ref as node,
        phone as other

    from {{ ref('stg_customers') }}

),

emails as (

    select
        customer_ref as node,
        email as other

    from {{ ref('stg_customers') }}

),

creators as (

    select
        author_ref as node,
        customer_ref as other

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

-- names are no evidence: two people may share one
links as (

    select distinct
        node,
        other

    from stated
    where
        node is not null
        and other is not null
        and node <> other

)

select * from links
