-- Grain: one row per goal, measure of the journey and bucket of it; the last bucket is open.
{%- set most = {'touch_count': 20, 'first_touch_days': 30, 'last_touch_days': 30} %}

with

{{ journey_path_window() }},

journeys as (

    select
        journeys.goal_code,
        journeys.touch_count,
        floor({{ seconds_between('journeys.started_at', 'journeys.converted_at') }} / 86400) as first_touch_days,
        floor({{ seconds_between('journeys.ended_at', 'journeys.converted_at') }} / 86400) as last_touch_days

    from {{ ref('int_journeys') }} as journeys

    inner join as_of
        on cast(journeys.converted_at as date) >= as_of.window_start

    where journeys.is_converted

),

lag_buckets as (

    {% for measure, highest in most.items() -%}
    select
        goal_code,
        '{{ measure }}' as measure_code,
        cast(least({{ measure }}, {{ highest }}) as integer) as bucket_from,
        {{ measure }} >= {{ highest }} as is_open_ended

    from journeys
    {% if not loop.last %}
    union all

    {% endif -%}
    {%- endfor %}

),

bucket_counts as (

    select
        goal_code,
        measure_code,
        bucket_from,
        bool_or(is_open_ended) as is_open_ended,
        count(*) as conversion_count

    from lag_buckets
    group by goal_code, measure_code, bucket_from

),

final as (

    select
        bucket_counts.goal_code,
        bucket_counts.measure_code,
        bucket_counts.bucket_from,
        bucket_counts.is_open_ended,
        bucket_counts.conversion_count,
        cast(
            bucket_counts.conversion_count / sum(bucket_counts.conversion_count) over (
                partition by bucket_counts.goal_code, bucket_counts.measure_code
            ) as double
        ) as conversion_share,
        cast(
            sum(bucket_counts.conversion_count) over (
                partition by bucket_counts.goal_code, bucket_counts.measure_code
                order by bucket_counts.bucket_from
            ) / sum(bucket_counts.conversion_count) over (
                partition by bucket_counts.goal_code, bucket_counts.measure_code
            ) as double
        ) as cumulative_share,
        as_of.window_start,
        as_of.as_of as window_end

    from bucket_counts

    cross join as_of

)

select * from final
