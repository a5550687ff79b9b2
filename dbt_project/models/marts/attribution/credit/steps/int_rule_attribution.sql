-- Grain: one row per conversion, touch and rule model; a conversion without a touch has one row per model.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='journey_key') }}
{%- set half_life_days = var('attribution_half_life_days') %}
{%- set first_weight = var('attribution_position_first_weight') %}
{%- set last_weight = var('attribution_position_last_weight') %}
{#- the touches that a model credits, their weight, and their credit #}
{%- set models = {
    'first_touch': ('touch_position = 1', '1', 'value_cny'),
    'last_touch': ('touch_position = touch_count', '1', 'value_cny'),
    'last_non_direct': ('is_last_non_direct', '1', 'value_cny'),
    'linear': ('touch_position > 0', '1.0 / touch_count', 'linear_cny'),
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

    select
        *,
        -- Days are counted back from the last touch, which changes no share: counted from the conversion, a short
        -- half-life would round every weight to 0. Integers, because their sum does not depend on the order of rows.
        cast(
            {{ 2 ** 60 }}
            * power(
                2.0,
                {{ seconds_between('ended_at', 'touched_at') }}
                / {{ 86400.0 * half_life_days }}
            ) as bigint
        ) as decay_units

    from {{ ref('int_journey_touches') }}
    where
        conversion_key is not null
        and {{ is_affected('journey_key') }}

),

paths as (

    select
        conversion_key,
        cast(sum(decay_units) as double) as decay_units,
        -- with direct touches alone, the last of them
        coalesce(max(case when not is_direct then touch_position end), max(touch_position)) as last_non_direct_position

    from touches
    group by conversion_key

),

-- windows sort numbers only, which is faster; the columns of the touch are joined afterwards
touch_weights as (

    select
        touches.conversion_key,
        touches.touch_position,
        touches.touch_count,
        conversions.value_cny,
        conversions.converted_at,
        touches.touch_position = paths.last_non_direct_position as is_last_non_direct,
        case
            when touches.touch_count = 1 then 1
            -- two touches have no middle, so first and last keep their ratio
            when touches.touch_count = 2 and touches.touch_position = 1
                then {{ first_weight / (first_weight + last_weight) }}
            when touches.touch_count = 2 then {{ last_weight / (first_weight + last_weight) }}
            when touches.touch_position = 1 then {{ first_weight }}
            when touches.touch_position = touches.touch_count then {{ last_weight }}
            else cast({{ (1 - first_weight - last_weight) | round(12) }} as double) / (touches.touch_count - 2)
        end as position_weight,
        touches.decay_units / paths.decay_units as decay_weight

    from touches

    inner join paths
        on touches.conversion_key = paths.conversion_key

    inner join conversions
        on touches.conversion_key = conversions.conversion_key

),

touch_credits as (

    select
        *,
        -- equal shares leave equal remainders, so the cents left over go to the first touches without sorting
        cast(
            sign(value_cny) * (
                cast(abs(value_cny) * 100 as bigint) // touch_count
                + case when touch_position <= cast(abs(value_cny) * 100 as bigint) % touch_count then 1 else 0 end
            ) / 100 as decimal(18, 2)
        ) as linear_cny,
        {{ largest_remainder('position_weight', 'value_cny', whole='conversion_key', earlier='touch_position') }}
            as position_cny,
        {{ largest_remainder('decay_weight', 'value_cny', whole='conversion_key', earlier='touch_position') }}
            as decay_cny

    from touch_weights

),

touches_with_credit as (

    select
        touches.*,
        touch_credits.value_cny,
        touch_credits.converted_at,
        touch_credits.is_last_non_direct,
        touch_credits.position_weight,
        touch_credits.decay_weight,
        touch_credits.linear_cny,
        touch_credits.position_cny,
        touch_credits.decay_cny

    from touches

    inner join touch_credits
        on
            touches.conversion_key = touch_credits.conversion_key
            and touches.touch_position = touch_credits.touch_position

),

conversions_without_touch as (

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

    from touches_with_credit
    where {{ condition }}

    union all
    {%- endfor %}

    select
        conversions_without_touch.conversion_key,
        null as touch_key,
        conversions_without_touch.journey_key,
        conversions_without_touch.customer_key,
        null as campaign_key,
        conversions_without_touch.goal_code,
        models.model_code,
        'unattributed' as marketing_channel_code,
        null as strategy_code,
        null as touch_group_code,
        cast(1 as double) as weight,
        conversions_without_touch.value_cny as credited_cny,
        null as touch_position,
        0 as touch_count,
        null as touched_at,
        conversions_without_touch.converted_at,
        units.inputs_hash

    from conversions_without_touch

    inner join {{ ref('int_journey_units') }} as units
        on conversions_without_touch.journey_key = units.journey_key

    cross join {{ ref('attribution_models') }} as models

    where models.model_kind_code = 'rule'

)

select * from credits
