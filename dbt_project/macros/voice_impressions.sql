{# The CTE `impressions`: subject_key and impression_count of the voices that a platform measures. #}
{% macro voice_impressions() -%}
impressions as (

    -- running totals: the largest, because platforms take counts back
    select
        subject_key,
        max(impression_count) as impression_count

    from {{ ref('fct_engagement') }}
    where subject_kind = 'voice'
    group by subject_key

)
{%- endmacro %}
