-- Grain: one row per identifier node that any feed names.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='node') }}
{#- every place where a person may be named: feed, column, and when it shows that they were there -#}
{%- set places = [
    ('customers', 'customer_ref', 'registered_at'),
    ('customers', 'phone', 'registered_at'),
    ('customers', 'email', 'registered_at'),
    ('identities', 'customer_ref', 'linked_at'),
    ('identities', 'identity_value', 'linked_at'),
    ('creators', 'customer_ref', none),
    ('creators', 'author_ref', none),
    ('orders', 'customer_ref', 'ordered_at'),
    ('touchpoints', 'identity_value', 'touched_at'),
    ('reviews', 'author_ref', 'posted_at'),
    ('mentions', 'author_ref', 'posted_at'),
    ('cases', 'customer_ref', 'opened_at'),
    ('surveys', 'customer_ref', 'sent_at'),
    ('referrals', 'inviter_ref', 'sent_at'),
    ('referrals', 'invitee_ref', 'coalesce(clicked_at, registered_at)'),
    ('incentives', 'customer_ref', 'offered_at'),
    ('points', 'customer_ref', 'occurred_at'),
    ('ideas', 'customer_ref', 'submitted_at'),
    ('community_activity', 'customer_ref', 'active_on'),
    ('service_contacts', 'customer_ref', 'started_at'),
] %}
{%- set registers = ['customers', 'identities'] %}
{%- set changes = [] %}
{%- for feed, column, _ in places %}
{%- do changes.append(changed_in(feed, column)) %}
{%- endfor %}

with

affected as (

    {{ affected_keys(changes) }}

),

named_nodes as (

    {%- for feed, column, seen_at in places %}

    select
        {{ column }} as node,
        {% if seen_at %}cast({{ seen_at }} as date){% else %}cast(null as date){% endif %} as seen_on,
        {{ 'true' if column == 'customer_ref' and feed in registers else 'false' }} as is_registered
    from {{ naming_affected(feed, column, ref('stg_' ~ feed)) }} as {{ feed }}_rows
    where
        {{ column }} is not null
        and {{ is_affected(column) }}

    {% if not loop.last %}union all{% endif %}
    {%- endfor %}

),

nodes as (

    select
        node,
        -- null where nothing that names the node is dated
        min(seen_on) as first_seen_on,
        bool_or(is_registered) as is_registered

    from named_nodes
    group by node

)

select * from nodes
