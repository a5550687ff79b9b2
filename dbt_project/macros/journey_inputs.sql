{#
    What journeys are made from, and how an incremental model finds the units whose inputs have moved.

    A unit (a customer, or an order whose buyer is unknown) is built anew when the fingerprint of its touches
    and conversions in int_journey_units differs from the one that its standing rows were built from. So
    whatever moves them (a late touch, a merge, a refund, an edited seed) restates its own units and no other.
#}

{# Days before a conversion of the goal in which a touch can have a part in it. #}
{% macro lookback_days_of(goal_code) -%}
    {%- set by_goal = var('attribution_lookback_days_by_goal') or {} -%}
    {%- if by_goal -%}
    case {{ goal_code }}
        {%- for goal, days in by_goal.items() %}
        when '{{ goal }}' then {{ days }}
        {%- endfor %}
        else {{ var('attribution_lookback_days') }}
    end
    {%- else -%}
    {{ var('attribution_lookback_days') }}
    {%- endif -%}
{%- endmacro %}


{#
    A query of the units that have moved. `standing` selects journey_key and inputs_hash of what stands, one
    row a unit; `has_rows` says of a row of int_journey_units whether the model has rows of that unit at all.
#}
{% macro units_with_moved_inputs(standing, has_rows) -%}
    {#- read at parsing for the lineage; a full build needs no comparison -#}
    {%- if not execute or replaces_affected() -%}
    select coalesce(units.journey_key, standing.journey_key)
    from (select journey_key, inputs_hash from {{ ref('int_journey_units') }} where {{ has_rows }}) as units
    full outer join ({{ standing }}) as standing on units.journey_key = standing.journey_key
    where units.inputs_hash is distinct from standing.inputs_hash
    {%- endif -%}
{%- endmacro %}
