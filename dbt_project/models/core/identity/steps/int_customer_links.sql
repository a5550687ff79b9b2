-- Grain: one row per statement that an identifier and a membership are the same person.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='node') }}

with

affected as (

    {{ affected_keys(["select node from " ~ ref('int_changed_links')]) }}

),

rules as (

    select * from {{ ref('identity_rules') }}

),

identities as (

    select
        channel_code,
        identity_value as node,
        customer_ref as other,
        -- a link without a day is as old as the last export that contains it
        coalesce(linked_at, cast(export_date as timestamp)) as linked_at

    from {{ naming_affected('identities', 'identity_value', ref('stg_identities')) }} as identity_rows
    where
        identity_value is not null
        and {{ is_affected('identity_value') }}

),

bound_identities as (

    select
        node,
        other,
        cast(linked_at as date) as linked_on,
        -- true where the channel has bound the identifier to somebody else since
        row_number() over (partition by channel_code, node order by linked_at desc, other asc) > 1 as is_rebound

    from identities

),

registered_links as (
    {%- for feed, staging, column, linked_on in [
        ('customers', ref('stg_customers'), 'phone', 'cast(registered_at as date)'),
        ('customers', ref('stg_customers'), 'email', 'cast(registered_at as date)'),
        ('creators', ref('stg_creators'), 'author_ref', 'cast(null as date)'),
    ] %}

    select
        {{ column }} as node,
        customer_ref as other,
        {{ linked_on }} as linked_on

    from {{ naming_affected(feed, column, staging) }} as {{ feed }}_rows
    where
        {{ column }} is not null
        and {{ is_affected(column) }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

-- names are no evidence: two people may share one
stated_links as (

    select
        node,
        other,
        linked_on,
        is_rebound
    from bound_identities

    union all

    select
        node,
        other,
        linked_on,
        false as is_rebound
    from registered_links

),

kinds as (

    select
        *,
        substring(node, 1, position(':' in node) - 1) as identity_kind

    from stated_links
    where
        other is not null
        and node <> other

),

links as (

    select
        kinds.node,
        kinds.other,
        kinds.identity_kind,
        min(kinds.linked_on) as first_linked_on,
        max(kinds.linked_on) as last_linked_on,
        -- what one source has taken back, another may still say
        bool_and(kinds.is_rebound and coalesce(rules.is_exclusive, other_rules.is_exclusive)) as is_rebound

    from kinds

    left join rules
        on kinds.identity_kind = rules.identity_kind

    left join rules as other_rules
        on other_rules.identity_kind = '*'

    group by kinds.node, kinds.other, kinds.identity_kind

)

select * from links
