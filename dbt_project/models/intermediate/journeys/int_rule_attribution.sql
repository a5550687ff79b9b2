-- Grain: one row per conversion, touch and rule model; a conversion without a touch has one row per model.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='journey_key') }}
{%- set half_life_days = var('attribution_half_life_days') %}
{%- set first_weight = var('attribution_position_first_weight') %}
{%- set last_weight = var('attribution_position_last_weight') %}
{#- the touches that a model credits, their weight, and their credit #}
{%- set models = {
    'first_touch': ('touch_position = 1', '1', 'value_cny'),
    'last_touch': ('touch_position = touch_count', '1', 'value_cny'),
    'last_non_direct': ('touch_position = last_non_direct_position', '1', 'value_cny'),
    'linear': ('touch_position > 0', 'linear_weight', 'linear_cny'),
    'position_based': ('position_weight > 0', 'position_weight', 'position_cny'),
    'time_decay': ('decay_weight > 0', 'decay_weight', 'decay_cny'),
} %}

with

affected as (

    {{ affected_keys([
        units_with_moved_inputs(
            "select distinct journey_key, inputs_hash from " ~ this ~ " where model_code = 'first_touch'",
            'conversion_count > 0',
        ),
    ]) }}

),

conversions as (

    select * from {{ ref('fct_conversions') }}
    where {{ is_affected('journey_key') }}

),

touches as (

    select * from {{ ref('int_journey_touches') }}
    where
        conversion_key is not null
        and {{ is_affected('journey_key') }}

),

last_non_direct as (

    select
        conversion_key,
        max(touch_position) as touch_position

    from touches
    where not is_direct
    group by conversion_key

),

aged as (

    select
        touches.*,
        conversions.value_cny,
        conversions.converted_at,
        -- with direct touches alone, the last of them
        coalesce(last_non_direct.touch_position, touches.touch_count) as last_non_direct_position,
        -- Days are counted back from the last touch, which changes no share: counted from the conversion, a short
        -- half-life would leave nothing of any of them. Whole numbers, for they add up alike in any order.
        cast(
            {{ 2 ** 60 }}
            * power(
                2.0,
                {{ seconds_between('touches.ended_at', 'touches.touched_at') }}
                / {{ 86400.0 * half_life_days }}
            ) as bigint
        ) as decay_units

    from touches

    inner join conversions
        on touches.conversion_key = conversions.conversion_key

    left join last_non_direct
        on touches.conversion_key = last_non_direct.conversion_key

),

weighted as (

    select
        *,
        cast(1 as double) / touch_count as linear_weight,
        case
            when touch_count = 1 then 1
            -- nothing lies between two touches, and they keep their proportion
            when touch_count = 2 and touch_position = 1 then {{ first_weight / (first_weight + last_weight) }}
            when touch_count = 2 then {{ last_weight / (first_weight + last_weight) }}
            when touch_position = 1 then {{ first_weight }}
            when touch_position = touch_count then {{ last_weight }}
            else cast({{ (1 - first_weight - last_weight) | round(12) }} as double) / (touch_count - 2)
        end as position_weight,
        cast(decay_units as double) / sum(decay_units) over (partition by conversion_key) as decay_weight

    from aged

),

credited as (

    select
        *,
        {{ largest_remainder('linear_weight', 'value_cny', whole='conversion_key', earlier='touch_position') }}
            as linear_cny,
        {{ largest_remainder('position_weight', 'value_cny', whole='conversion_key', earlier='touch_position') }}
            as position_cny,
        {{ largest_remainder('decay_weight', 'value_cny', whole='conversion_key', earlier='touch_position') }}
            as decay_cny

    from weighted

),

untouched as (

    select
        conversions.conversion_key,
        conversions.goal_code,
        conversions.journey_key,
        conversions.customer_key,
        conversions.converted_at,
        conversions.value_cny

    from conversions

    left join touches
        on
            conversions.conversion_key = touches.conversion_key
            and touches.touch_position = 1

    where touches.conversion_key is null

),

credits as (

    {%- for model_code, (condition, weight, credit) in models.items() %}

    select
        conversion_key,
        touch_key,
        journey_key,
        customer_key,
        campaign_key,
        goal_code,
        '{{ model_code }}' as model_code,
        marketing_channel_code,
        strategy_code,
        touch_group_code,
        cast({{ weight }} as double) as weight,
        {{ credit }} as credited_cny,
        touch_position,
        touch_count,
        touched_at,
        converted_at,
        inputs_hash

    from credited
    where {{ condition }}

    union all
    {%- endfor %}

    select
        untouched.conversion_key,
        null as touch_key,
        untouched.journey_key,
        untouched.customer_key,
        null as campaign_key,
        untouched.goal_code,
        models.model_code,
        'unattributed' as marketing_channel_code,
        null as strategy_code,
        null as touch_group_code,
        cast(1 as double) as weight,
        untouched.value_cny as credited_cny,
        null as touch_position,
        0 as touch_count,
        null as touched_at,
        untouched.converted_at,
        units.inputs_hash

    from untouched

    inner join {{ ref('int_journey_units') }} as units
        on untouched.journey_key = units.journey_key

    cross join {{ ref('attribution_models') }} as models

    where models.model_kind_code = 'rule'

)

select * from credits
