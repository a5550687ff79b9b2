-- Grain: one row per goal and counting touch of a customer that could lead to it: its place in a journey.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='journey_key') }}

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
    where {{ is_affected('journey_key') }}

),

goals as (

    select
        goal_code,
        {{ lookback_days_of('goal_code') }} as lookback_days

    from {{ ref('conversion_goals') }}

),

touches as (

    select
        customer_key,
        touch_key,
        touched_at,
        marketing_channel_code,
        strategy_code,
        campaign_key,
        touch_group_code,
        is_direct,
        -- the one order of a customer's touches; at equal times the key decides
        row_number() over (partition by customer_key order by touched_at, touch_key) as touch_number

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
    where
        customer_key is not null
        and {{ is_affected('customer_key') }}

),

-- the first order divides a customer's life: before it nobody can be retained, after it nobody acquired
acquired as (

    select
        customer_key,
        converted_at as acquired_at

    from conversions
    where goal_code = 'acquisition'

),

placed as (

    select
        touches.customer_key,
        touches.touch_key,
        touches.touched_at,
        touches.touch_number,
        goals.goal_code,
        goals.lookback_days,
        conversions.conversion_key as next_conversion_key,
        conversions.converted_at as next_converted_at,
        -- a touch is used up by the conversion that it led to
        coalesce(
            conversions.converted_at - goals.lookback_days * interval '1 day' <= touches.touched_at, false
        ) as is_used

    from touches

    cross join goals

    left join conversions
        on
            touches.customer_key = conversions.customer_key
            and goals.goal_code = conversions.goal_code
            and touches.touched_at <= conversions.converted_at
            and touches.touched_at > coalesce(conversions.previous_converted_at, timestamp '0001-01-01')

),

-- a touch that could not have led to the goal is in no journey toward it, or it would count as a failure
reachable as (

    select placed.*
    from placed

    left join acquired
        on placed.customer_key = acquired.customer_key

    where
        placed.is_used
        or case placed.goal_code
            when 'acquisition' then coalesce(placed.touched_at <= acquired.acquired_at, true)
            when 'retention' then coalesce(placed.touched_at > acquired.acquired_at, false)
            else true
        end

),

-- a customer's touches in their order fall into runs, and each run is a journey
compared as (

    select
        *,
        lag(touched_at) over (partition by customer_key, goal_code order by touch_number) as previous_touched_at,
        lag(next_conversion_key) over (partition by customer_key, goal_code order by touch_number)
            as previous_next_conversion_key,
        lag(is_used) over (partition by customer_key, goal_code order by touch_number) as is_previous_used

    from reachable

),

started as (

    select
        customer_key,
        touch_key,
        touched_at,
        touch_number,
        goal_code,
        next_conversion_key,
        next_converted_at,
        is_used,
        max(
            case
                when
                    previous_touched_at is null
                    or next_conversion_key is distinct from previous_next_conversion_key
                    or is_used <> is_previous_used
                    -- nothing came of what was before, in all the time that it had
                    or (not is_used and touched_at > previous_touched_at + lookback_days * interval '1 day')
                    then touch_number
            end
        ) over (partition by customer_key, goal_code order by touch_number) as first_touch_number

    from compared

),

counted as (

    select
        *,
        count(*) over (partition by customer_key, goal_code, first_touch_number) as touch_count,
        min(case when touch_number = first_touch_number then touch_key end)
            over (partition by customer_key, goal_code, first_touch_number) as first_touch_key

    from started

),

journey_touches as (

    select

        ---------- keys
        case
            when counted.is_used then counted.next_conversion_key
            else 'open:' || counted.goal_code || ':' || counted.customer_key || ':' || counted.first_touch_key
        end as path_key,
        counted.touch_key,
        counted.customer_key as journey_key,
        counted.customer_key,
        case when counted.is_used then counted.next_conversion_key end as conversion_key,
        touches.campaign_key,

        ---------- codes
        counted.goal_code,
        touches.marketing_channel_code,
        touches.strategy_code,
        touches.touch_group_code,
        touches.is_direct,

        ---------- measures
        cast(counted.touch_number - counted.first_touch_number + 1 as bigint) as touch_position,
        cast(counted.touch_count as bigint) as touch_count,
        cast(
            case when counted.is_used then {{ seconds_between('counted.touched_at', 'counted.next_converted_at') }} end
            / 86400.0 as double
        ) as days_before,

        ---------- times
        counted.touched_at,

        ---------- lineage
        units.inputs_hash

    from counted

    inner join touches
        on counted.touch_key = touches.touch_key

    inner join units
        on counted.customer_key = units.journey_key

)

select * from journey_touches
