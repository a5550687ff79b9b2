{#
    Touches are built by person: a customer, or the touch itself where the customer is unknown. Whether a touch
    counts depends on the others of its person (a robot's hour, a repeated click), so all of them are replaced
    together.
#}


{# A query of the units whose touches name a campaign, content or creator that leads elsewhere than before. #}
{% macro touches_of_changed_subjects() -%}
    {#- read at parsing for the lineage; a full build needs no comparison -#}
    {%- if not execute or replaces_affected() -%}
    select coalesce(identities.customer_key, 'touch:' || touches.record_key)
    from (
        {#- tracked touches alone name any; few do, so they are found before their customers are looked up -#}
        {%- for kind in ['campaign', 'content', 'creator'] %}
        select record_key, identity_value from {{ ref('stg_touchpoints') }}
        where {{ kind }}_ref in (
            select subject_ref from {{ ref('int_changed_touch_subjects') }} where subject_kind = '{{ kind }}'
        )
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    ) as touches
    left join {{ ref('int_customer_identities') }} as identities
        on touches.identity_value = identities.node
    {%- endif -%}
{%- endmacro %}


{# The touches of the affected units, with their customer and the unit (journey_key). #}
{% macro touches_of_units() -%}
    select
        touches.*,
        -- null when the identifier was masked: the touch is kept, and nothing is credited to it
        identities.customer_key,
        coalesce(identities.customer_key, 'touch:' || touches.touch_key) as journey_key

    from {{ ref('int_touch_sources') }} as touches

    left join (
        select
            node,
            customer_key

        from {{ ref('int_customer_identities') }}
        where {{ is_affected('customer_key') }}
    ) as identities
        on touches.node = identities.node

    -- any other identifier belongs to a customer, so only a blank one makes a unit of its own
    where {{ is_affected(
        "coalesce(identities.customer_key, case when touches.node is null then 'touch:' || touches.touch_key end)"
    ) }}
{%- endmacro %}
