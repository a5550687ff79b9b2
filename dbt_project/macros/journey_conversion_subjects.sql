{#
    CTEs of a KPI that asks which journeys towards a goal ended in a conversion. Leaves `subjects` for kpi_counted: a
    row per journey, on the day of its first touch, as soon as it has had journey_conversion_days.
#}
{% macro journey_conversion_subjects(goal_code) -%}
as_of as (

    select max(as_of) as as_of from {{ ref('kpi_windows') }}

),

subjects as (

    select
        'attribution.fct_journeys' as row_table,
        journeys.path_key as row_key,
        cast(journeys.started_at as date) as period_date,
        'all' as channel_code,
        'own' as brand_code,
        'all' as product_key,
        -- the window is equally long for all; later conversions do not count
        cast(
            case
                when
                    journeys.is_converted
                    and cast(journeys.converted_at as date)
                    <= {{ plus_days('cast(journeys.started_at as date)', var('journey_conversion_days')) }} then 1
                else 0
            end as double
        ) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_journeys') }} as journeys

    cross join as_of

    where
        journeys.goal_code = '{{ goal_code }}'
        and {{ plus_days('cast(journeys.started_at as date)', var('journey_conversion_days')) }} <= as_of.as_of

)
{%- endmacro %}
