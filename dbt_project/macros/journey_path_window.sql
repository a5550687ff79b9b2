{# The CTE `as_of`, with the first day of the window in which typical journeys have ended. #}
{% macro journey_path_window() -%}
as_of as (

    select
        as_of,
        {{ plus_days('as_of', '1 - ' ~ var('journey_path_days')) }} as window_start

    from {{ ref('stg_as_of') }}

)
{%- endmacro %}
