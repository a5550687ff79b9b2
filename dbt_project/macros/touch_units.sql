{#
    Touches are built by person: a customer, or the touch itself where nobody could be identified. Whether a touch
    counts depends on the others of its person (a robot's hour, a click told twice), so all of them are replaced
    together.
#}


{# A query of the units whose touches name a campaign, content or creator that leads elsewhere than before. #}
{% macro touches_of_changed_subjects() -%}
    {#- read at parsing for the lineage; a full build needs no comparison -#}
    {%- if not execute or replaces_affected() -%}
    select coalesce(identities.customer_key, 'touch:' || touches.touch_key)
    from {{ ref('int_touch_sources') }} as touches
    left join {{ ref('int_customer_identities') }} as identities
        on touches.node = identities.node
    where
        {%- for kind in ['campaign', 'content', 'creator'] %}
        {% if not loop.first %}or {% endif %}touches.{{ kind }}_ref in (
            select subject_ref from {{ ref('int_changed_touch_subjects') }} where subject_kind = '{{ kind }}'
        )
        {%- endfor %}
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

    -- an identifier that is not among these is somebody else's, so only a blank one makes a unit of its own
    where {{ is_affected(
        "coalesce(identities.customer_key, case when touches.node is null then 'touch:' || touches.touch_key end)"
    ) }}
{%- endmacro %}
