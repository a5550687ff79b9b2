-- Grain: one row per dimension, goal, month and set of values that journeys touched.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='period_key') }}

with

affected as (

    {{ affected_keys([periods_with_moved_inputs(this, 'journey_count > 0')]) }}

),

{{ paths_by_dimension() }},

{% for dimension_code in ['marketing_channel', 'strategy'] -%}
{{ dimension_code }}_sets as (

    select
        path_no,
        outcome_no,
        {{ number_set('value_no') }} as numbers

    from {{ dimension_code }}_paths
    group by path_no, outcome_no

),

{{ dimension_code }}_counts as (

    select
        outcome_no,
        numbers,
        count(*) as journey_count

    from {{ dimension_code }}_sets
    group by outcome_no, numbers

),

{{ dimension_code }}_codes as (

    select
        '{{ dimension_code }}' as dimension_code,
        path_counts.outcome_no,
        path_counts.numbers,
        path_counts.journey_count,
        array_agg(path_values.value_code order by path_values.value_code) as members

    from {{ dimension_code }}_counts as path_counts

    inner join {{ dimension_code }}_values as path_values
        on {{ in_number_set('path_values.value_no', 'path_counts.numbers') }}

    group by path_counts.outcome_no, path_counts.numbers, path_counts.journey_count

),

{% endfor -%}
paths_with_codes as (
    {% for dimension_code in ['marketing_channel', 'strategy'] %}
    select * from {{ dimension_code }}_codes
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

subsets as (

    select
        periods.period_key,
        paths_with_codes.dimension_code,
        periods.goal_code,
        periods.month_start,
        paths_with_codes.members,
        cast(sum(paths_with_codes.journey_count) as bigint) as journey_count,
        cast(
            sum(case when paths_with_codes.outcome_no % 2 = 1 then paths_with_codes.journey_count else 0 end) as bigint
        )
            as conversion_count,
        periods.inputs_hash

    from paths_with_codes

    inner join periods
        on floor(paths_with_codes.outcome_no / 2) = periods.period_no

    group by
        periods.period_key,
        paths_with_codes.dimension_code,
        periods.goal_code,
        periods.month_start,
        paths_with_codes.members,
        periods.inputs_hash

)

select * from subsets
