-- Grain: one row per goal and counting touch of a customer that could lead to it: its place in a journey.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='journey_key') }}
{%- set ever_before = "timestamp '0001-01-01'" %}
{%- set ever_after = "timestamp '9999-12-31'" %}

with

affected as (

    {#- every counting touch stands in one journey toward a sale, so this goal shows all units #}
    {{ affected_keys([
        units_with_moved_inputs(
            "select distinct journey_key, inputs_hash from " ~ this ~ " where goal_code = 'sale' and touch_position = 1",
            'touch_count > 0',
        ),
    ]) }}

),

units as (

    select * from {{ ref('int_journey_units') }}
    where
        touch_count > 0
        and {{ is_affected('journey_key') }}

),

goals as (

    select
        goal_code,
        {{ lookback_days_of('goal_code') }} * interval '1 day' as lookback

    from {{ ref('conversion_goals') }}

),

-- touches are ordered by time, then by key, so that every build agrees
touches as (

    select
        customer_key,
        touch_key,
        touched_at,
        campaign_key,
        marketing_channel_code,
        strategy_code,
        touch_group_code,
        is_direct,
        row_number() over (partition by customer_key order by touched_at, touch_key) as touch_number,
        lag(touched_at) over (partition by customer_key order by touched_at, touch_key) as previous_touched_at

    from {{ ref('fct_touchpoints') }}
    where
        customer_key is not null
        and excluded_code is null
        and {{ is_affected('customer_key') }}

),

conversions as (

    select
        customer_key,
        goal_code,
        conversion_key,
        converted_at,
        lag(converted_at) over (
            partition by customer_key, goal_code
            order by converted_at, conversion_key
        ) as previous_converted_at

    from {{ ref('fct_conversions') }}
    where customer_key in (select units.journey_key from units)

),

last_conversions as (

    select
        customer_key,
        goal_code,
        max(converted_at) as last_converted_at

    from conversions
    group by customer_key, goal_code

),

-- A customer's time falls into spans, for each goal: up to the first conversion, from each to the next, and what
-- comes after the last. A span is open on its left, so that a touch is used up by the conversion that it led to.
spans as (

    select
        conversions.customer_key,
        conversions.goal_code,
        conversions.conversion_key,
        coalesce(conversions.previous_converted_at, {{ ever_before }}) as span_after_at,
        conversions.converted_at as span_until_at,
        conversions.converted_at - goals.lookback as used_from_at,
        goals.lookback

    from conversions

    inner join goals
        on conversions.goal_code = goals.goal_code

    union all

    select
        units.journey_key as customer_key,
        goals.goal_code,
        null as conversion_key,
        coalesce(last_conversions.last_converted_at, {{ ever_before }}) as span_after_at,
        {{ ever_after }} as span_until_at,
        {{ ever_after }} as used_from_at,
        goals.lookback

    from units

    cross join goals

    left join last_conversions
        on
            units.journey_key = last_conversions.customer_key
            and goals.goal_code = last_conversions.goal_code

),

-- A customer can be acquired only up to the first order and retained only after it. A touch that could not have led to
-- a goal is in no journey toward it, or it would count as a failure.
reachable_spans as (

    select
        spans.*,
        case
            when spans.goal_code = 'retention' then coalesce(acquired.last_converted_at, {{ ever_after }})
            else {{ ever_before }}
        end as reachable_after_at,
        case
            when spans.goal_code = 'acquisition' then coalesce(acquired.last_converted_at, {{ ever_after }})
            else {{ ever_after }}
        end as reachable_until_at

    from spans

    left join last_conversions as acquired
        on
            spans.customer_key = acquired.customer_key
            and acquired.goal_code = 'acquisition'

),

touches_with_conversion as (

    select
        touches.customer_key,
        touches.touch_key,
        touches.touch_number,
        touches.previous_touched_at,
        spans.goal_code,
        case when touches.touched_at >= spans.used_from_at then spans.conversion_key end as conversion_key,
        case when touches.touched_at >= spans.used_from_at then spans.span_until_at end as converted_at,
        touches.touched_at >= spans.used_from_at
        or (touches.touched_at > spans.reachable_after_at and touches.touched_at <= spans.reachable_until_at)
            as is_reachable,
        -- ordered touches form runs; each run that could lead to the goal is a journey
        case
            when touches.previous_touched_at is null or touches.previous_touched_at <= spans.span_after_at then true
            when touches.touched_at >= spans.used_from_at then touches.previous_touched_at < spans.used_from_at
            else
                -- a new run begins where the lookback passed without a conversion
                touches.touched_at > touches.previous_touched_at + spans.lookback
                or (
                    touches.touched_at > spans.reachable_after_at
                    and touches.previous_touched_at <= spans.reachable_after_at
                )
        end as is_start

    from touches

    inner join reachable_spans as spans
        on
            touches.customer_key = spans.customer_key
            and touches.touched_at > spans.span_after_at
            and touches.touched_at <= spans.span_until_at

),

-- runs are found from their first touches, so that the touches are not sorted again for every goal
starts as (

    select
        customer_key,
        goal_code,
        conversion_key,
        converted_at,
        coalesce(conversion_key, 'open:' || goal_code || ':' || customer_key || ':' || touch_key) as path_key,
        is_reachable,
        touch_number as first_touch_number,
        lead(touch_number) over (partition by customer_key, goal_code order by touch_number) as next_first_touch_number,
        lead(previous_touched_at) over (partition by customer_key, goal_code order by touch_number) as ended_at

    from touches_with_conversion
    where is_start

),

journeys as (

    select
        starts.customer_key,
        starts.goal_code,
        starts.conversion_key,
        starts.converted_at,
        starts.path_key,
        starts.first_touch_number,
        coalesce(starts.next_first_touch_number - 1, units.touch_count) as last_touch_number,
        coalesce(starts.ended_at, units.last_touched_at) as ended_at,
        units.inputs_hash

    from starts

    inner join units
        on starts.customer_key = units.journey_key

    where starts.is_reachable

),

journey_touches as (

    select

        ---------- keys
        journeys.path_key,
        touches.touch_key,
        touches.customer_key as journey_key,
        touches.customer_key,
        journeys.conversion_key,
        touches.campaign_key,

        ---------- codes
        journeys.goal_code,
        touches.marketing_channel_code,
        touches.strategy_code,
        touches.touch_group_code,
        touches.is_direct,

        ---------- measures
        touches.touch_number - journeys.first_touch_number + 1 as touch_position,
        journeys.last_touch_number - journeys.first_touch_number + 1 as touch_count,
        cast({{ seconds_between('touches.touched_at', 'journeys.converted_at') }} / 86400.0 as double) as days_before,

        ---------- times
        touches.touched_at,
        journeys.ended_at,

        ---------- lineage
        journeys.inputs_hash

    from touches

    inner join journeys
        on
            touches.customer_key = journeys.customer_key
            and touches.touch_number between journeys.first_touch_number and journeys.last_touch_number

)

select * from journey_touches
