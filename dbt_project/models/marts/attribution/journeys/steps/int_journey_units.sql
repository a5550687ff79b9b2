-- Grain: one row per unit of journeys: a customer, or an order whose buyer is unknown, with a touch or a conversion.
with

touches as (

    select
        customer_key as journey_key,
        1 as touch_count,
        0 as conversion_count,
        touched_at,
        {{ row_hash([
            'touch_key', 'touched_at', 'marketing_channel_code', 'strategy_code', 'campaign_key', 'touch_group_code',
            'is_direct',
        ]) }} as input_hash

    from {{ ref('fct_touchpoints') }}
    where
        customer_key is not null
        and excluded_code is null

),

conversions as (

    select
        journey_key,
        0 as touch_count,
        1 as conversion_count,
        cast(null as timestamp) as touched_at,
        {{ row_hash(['conversion_key', 'converted_at', 'value_cny', 'product_key']) }} as input_hash

    from {{ ref('fct_conversions') }}

),

inputs as (

    select * from touches
    union all
    select * from conversions

),

units as (

    select
        journey_key,
        cast(sum(touch_count) as bigint) as touch_count,
        cast(sum(conversion_count) as bigint) as conversion_count,
        max(touched_at) as last_touched_at,
        -- keys make every row distinct, so no two hashes cancel each other out
        bit_xor(input_hash) as inputs_hash

    from inputs
    group by journey_key

)

select * from units
