-- Grain: a customer key, of now or of before, with a record that changed since the last successful build.
-- Incremental facts replace the rows of these customers; on a first build it is everybody.
{%- set links = {
    'identities': ['identity_value', 'customer_ref'],
    'customers': ['customer_ref', 'phone', 'email'],
    'creators': ['author_ref', 'customer_ref'],
} -%}
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

{% for feed, columns in links.items() -%}
{{ feed }}_versions as (

    select
        versions.record_key,
        {%- for column in columns %}
        versions.{{ column }},
        {%- endfor %}
        versions.export_date,
        versions.delivery_seq,
        versions.row_number,
        versions.file_id,
        versions.superseded_load_id is null as is_live,
        versions.load_id <= builds.watermark
        and coalesce(versions.superseded_load_id > builds.watermark, true) as was_live

    from {{ source('raw', feed) }} as versions

    cross join builds

),

{# a snapshot lands everybody again, so what counts is whether the winning version says something else #}
{%- for state in ['is_live', 'was_live'] %}
{{ feed }}_{{ state }} as (

    select * from {{ feed }}_versions
    where {{ state }}
    qualify row_number() over (
        partition by record_key
        order by export_date desc, delivery_seq desc, row_number desc, file_id desc
    ) = 1

),

{% endfor -%}
{{ feed }}_changed as (

    (
        select {{ columns | join(', ') }} from {{ feed }}_is_live
        except
        select {{ columns | join(', ') }} from {{ feed }}_was_live
    )
    union all
    (
        select {{ columns | join(', ') }} from {{ feed }}_was_live
        except
        select {{ columns | join(', ') }} from {{ feed }}_is_live
    )

),

{% endfor -%}
changed_nodes as (

    {% for feed, columns in links.items() -%}
    {%- for column in columns -%}
    select
        {{ column }} as node,
        true as has_changed_links
    from {{ feed }}_changed

    union all

    {% endfor -%}
    {%- endfor -%}

    {#- all versions of a changed record: whom it named before has lost it -#}
    {%- for feed, column in doings.items() -%}
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

    {% endfor -%}
    {#- an invitation is about two people -#}
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

-- Whoever a link joins or leaves is, or was, named after one of these nodes: each end of a changed link is
-- among the changed nodes, so the components of now hold all that is left of the components of before.
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
