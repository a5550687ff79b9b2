-- Grain: one row per dimension, goal, month and step of journeys from one state to the next.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='period_key') }}

with

affected as (

    {{ affected_keys([periods_with_moved_inputs(this, 'journey_count > 0')]) }}

),

{{ paths_by_dimension() }},

{% for dimension_code in ['marketing_channel', 'strategy'] -%}
{{ dimension_code }}_steps as (

    select
        outcome_no,
        value_no,
        frequency,
        lag(value_no) over path as from_no,
        lag(frequency) over path as from_frequency,
        lead(value_no) over path is null as is_last

    from {{ dimension_code }}_paths
    window path as (partition by path_no order by touch_position)

),

{{ dimension_code }}_counts as (

    select
        outcome_no,
        from_no,
        from_frequency,
        value_no,
        frequency,
        is_last,
        count(*) as step_count

    from {{ dimension_code }}_steps
    group by outcome_no, from_no, from_frequency, value_no, frequency, is_last

),

{{ dimension_code }}_codes as (

    select
        '{{ dimension_code }}' as dimension_code,
        path_counts.outcome_no,
        from_values.value_code as from_value,
        path_counts.from_frequency,
        to_values.value_code as to_value,
        path_counts.frequency,
        path_counts.is_last,
        path_counts.step_count

    from {{ dimension_code }}_counts as path_counts

    inner join {{ dimension_code }}_values as to_values
        on path_counts.value_no = to_values.value_no

    left join {{ dimension_code }}_values as from_values
        on path_counts.from_no = from_values.value_no

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

steps as (

    select
        dimension_code,
        outcome_no,
        coalesce(from_value, '(start)') as from_value,
        coalesce(from_frequency, 0) as from_frequency,
        to_value,
        frequency as to_frequency,
        step_count

    from paths_with_codes

    union all

    select
        dimension_code,
        outcome_no,
        to_value as from_value,
        frequency as from_frequency,
        case when outcome_no % 2 = 1 then '(conversion)' else '(null)' end as to_value,
        0 as to_frequency,
        step_count

    from paths_with_codes
    where is_last

),

transitions as (

    select
        periods.period_key,
        steps.dimension_code,
        periods.goal_code,
        periods.month_start,
        steps.from_value,
        cast(steps.from_frequency as bigint) as from_frequency,
        steps.to_value,
        cast(steps.to_frequency as bigint) as to_frequency,
        cast(sum(steps.step_count) as bigint) as step_count,
        periods.inputs_hash

    from steps

    inner join periods
        on floor(steps.outcome_no / 2) = periods.period_no

    group by
        periods.period_key,
        steps.dimension_code,
        periods.goal_code,
        periods.month_start,
        steps.from_value,
        steps.from_frequency,
        steps.to_value,
        steps.to_frequency,
        periods.inputs_hash

)

select * from transitions
