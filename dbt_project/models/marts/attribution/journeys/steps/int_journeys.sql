-- Grain: one row per journey of a customer toward a goal, whether it converted or not.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='journey_key') }}

with

affected as (

    {{ affected_keys([
        units_with_moved_inputs("select distinct journey_key, inputs_hash from " ~ this, 'touch_count > 0'),
        "select standing.journey_key from " ~ this ~ " as standing"
        ~ " cross join " ~ ref('stg_as_of') ~ " as as_of"
        ~ " where not standing.is_converted and standing.is_censored"
        ~ " <> (standing.ended_at + (" ~ lookback_days_of('standing.goal_code') ~ ") * interval '1 day'"
        ~ " >= as_of.as_of_end_at)",
    ]) }}

),

-- the first touch of each
touches as (

    select * from {{ ref('int_journey_touches') }}
    where
        touch_position = 1
        and {{ is_affected('journey_key') }}

),

touch_hashes as (

    select
        path_key,
        -- keys make every row distinct, so no two hashes cancel each other out
        bit_xor({{ row_hash([
            'touch_key', 'touch_position', 'touched_at', 'marketing_channel_code', 'strategy_code', 'campaign_key',
            'touch_group_code', 'is_direct',
        ]) }}) as touches_hash

    from {{ ref('int_journey_touches') }}
    where {{ is_affected('journey_key') }}
    group by path_key

),

conversions as (

    select * from {{ ref('fct_conversions') }}
    where {{ is_affected('journey_key') }}

),

as_of as (

    select * from {{ ref('stg_as_of') }}

),

journeys as (

    select

        ---------- keys
        touches.path_key,
        touches.journey_key,
        touches.customer_key,
        touches.conversion_key,

        ---------- codes
        touches.goal_code,
        conversions.product_key,

        ---------- what became of it
        touches.conversion_key is not null as is_converted,
        -- censored: the journey may still convert; a touch exactly at the edge of the lookback counts
        touches.conversion_key is null
        and touches.ended_at + ({{ lookback_days_of('touches.goal_code') }}) * interval '1 day' >= as_of.as_of_end_at
            as is_censored,

        ---------- measures
        touches.touch_count,
        cast(coalesce(conversions.value_cny, 0) as decimal(18, 2)) as value_cny,

        ---------- times
        touches.touched_at as started_at,
        touches.ended_at,
        conversions.converted_at,
        cast(date_trunc('month', coalesce(conversions.converted_at, touches.ended_at)) as date) as month_start,

        ---------- lineage
        touches.inputs_hash,
        touch_hashes.touches_hash

    from touches

    inner join touch_hashes
        on touches.path_key = touch_hashes.path_key

    cross join as_of

    left join conversions
        on touches.conversion_key = conversions.conversion_key

)

select * from journeys
