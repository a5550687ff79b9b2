-- Grain: one row per identifier node that any feed names.
{#- every place where a person may be named: staging model, column, and when it shows that they were there -#}
{%- set places = [
    ('stg_customers', 'customer_ref', 'registered_at'),
    ('stg_customers', 'phone', 'registered_at'),
    ('stg_customers', 'email', 'registered_at'),
    ('stg_identities', 'customer_ref', 'linked_at'),
    ('stg_identities', 'identity_value', 'linked_at'),
    ('stg_creators', 'customer_ref', none),
    ('stg_creators', 'author_ref', none),
    ('stg_orders', 'customer_ref', 'ordered_at'),
    ('stg_touchpoints', 'identity_value', 'touched_at'),
    ('stg_reviews', 'author_ref', 'posted_at'),
    ('stg_mentions', 'author_ref', 'posted_at'),
    ('stg_cases', 'customer_ref', 'opened_at'),
    ('stg_surveys', 'customer_ref', 'sent_at'),
    ('stg_referrals', 'inviter_ref', 'sent_at'),
    ('stg_referrals', 'invitee_ref', 'coalesce(clicked_at, registered_at)'),
    ('stg_incentives', 'customer_ref', 'offered_at'),
    ('stg_points', 'customer_ref', 'occurred_at'),
    ('stg_ideas', 'customer_ref', 'submitted_at'),
    ('stg_community_activity', 'customer_ref', 'active_on'),
    ('stg_service_contacts', 'customer_ref', 'started_at'),
] %}
{%- set registers = ['stg_customers', 'stg_identities'] %}

with

named as (

    {%- for model, column, seen_at in places %}

    select
        {{ column }} as node,
        {% if seen_at %}cast({{ seen_at }} as date){% else %}cast(null as date){% endif %} as seen_on,
        {{ 'true' if column == 'customer_ref' and model in registers else 'false' }} as is_registered
    from {{ ref(model) }}
    where {{ column }} is not null

    {% if not loop.last %}union all{% endif %}
    {%- endfor %}

),

nodes as (

    select
        node,
        -- null where nothing that names the node is dated
        min(seen_on) as first_seen_on,
        bool_or(is_registered) as is_registered

    from named
    group by node

)

select * from nodes
