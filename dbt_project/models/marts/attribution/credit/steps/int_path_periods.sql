-- Grain: one row per goal and month with a journey or a conversion; a model is fitted on each.
with

journeys as (

    select
        path_key,
        goal_code,
        month_start,
        is_converted,
        is_censored,
        touches_hash

    from {{ ref('int_journeys') }}

),

conversions as (

    select
        conversions.goal_code,
        cast(date_trunc('month', conversions.converted_at) as date) as month_start,
        case when journeys.path_key is not null then 1 else 0 end as journey_count,
        1 as conversion_count,
        conversions.value_cny,
        {{ row_hash([
            'conversions.conversion_key', 'conversions.journey_key', 'conversions.customer_key',
            'conversions.converted_at', 'conversions.value_cny', 'journeys.touches_hash',
        ]) }} as input_hash

    from {{ ref('fct_conversions') }} as conversions

    left join journeys
        on conversions.conversion_key = journeys.path_key

),

open_journeys as (

    select
        goal_code,
        month_start,
        1 as journey_count,
        0 as conversion_count,
        0 as value_cny,
        {{ row_hash(['path_key', 'is_censored', 'touches_hash']) }} as input_hash

    from journeys
    where not is_converted

),

conversions_and_open_journeys as (

    select * from conversions
    union all
    select * from open_journeys

),

periods as (

    select
        goal_code || ':' || month_start as period_key,
        goal_code,
        month_start,
        cast(sum(journey_count) as bigint) as journey_count,
        cast(sum(conversion_count) as bigint) as conversion_count,
        cast(sum(journey_count * conversion_count) as bigint) as attributed_conversion_count,
        cast(sum(value_cny) as decimal(18, 2)) as value_cny,
        cast(sum(journey_count * conversion_count * value_cny) as decimal(18, 2)) as attributed_cny,
        -- keys make every row distinct, so no two hashes cancel each other out
        bit_xor(input_hash) as inputs_hash

    from conversions_and_open_journeys
    group by goal_code, month_start

)

select * from periods
