-- Grain: one row per conversion, touch and data-driven model; a conversion without a touch has one row per model.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='period_key') }}
{#- a fit moves only with the inputs of its own month, so these decide on both -#}
{%- set models = ['markov', 'shapley', 'linear_distinct', 'leave_one_out'] %}

-- the linter miscounts indents in loops over models
-- noqa: disable=LT02
with

affected as (

    {{ affected_keys([periods_with_moved_inputs(this, 'conversion_count > 0')]) }}

),

conversions as (

    select
        conversions.conversion_key,
        conversions.journey_key,
        conversions.customer_key,
        conversions.goal_code,
        conversions.converted_at,
        conversions.value_cny,
        periods.period_key,
        periods.inputs_hash,
        -- windows sort numbers only, which is faster than sorting keys
        row_number() over (order by periods.period_key) as conversion_no

    from {{ ref('fct_conversions') }} as conversions

    inner join {{ ref('int_path_periods') }} as periods
        on
            conversions.goal_code = periods.goal_code
            and cast(date_trunc('month', conversions.converted_at) as date) = periods.month_start

    where {{ is_affected('periods.period_key') }}

),

journey_touches as (

    select
        conversions.conversion_no,
        touches.touch_key,
        touches.campaign_key,
        touches.marketing_channel_code,
        touches.strategy_code,
        touches.touch_group_code,
        touches.touch_position,
        touches.touch_count,
        touches.touched_at,
        coalesce(touches.marketing_channel_code, 'unknown') as channel,
        conversions.period_key

    from {{ ref('int_journey_touches') }} as touches

    inner join conversions
        on touches.conversion_key = conversions.conversion_key

),

{{ touches_left_on_their_paths('journey_touches') }},

-- decimals, because a sum of doubles depends on the order of its rows
effects as (

    select
        period_key,
        dimension_value as channel,
        max(case when model_code = 'shapley' then player_value end) as shapley_player,
        {% for model in models -%}
        max(case when model_code = '{{ model }}' then cast(positive_share as decimal(18, 15)) end) as {{ model }}_share
        {{- ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_channel_effects') }}
    where
        dimension_code = 'marketing_channel'
        and {{ is_affected('period_key') }}
    group by period_key, dimension_value

),

channels as (

    select
        conversion_no,
        channel,
        period_key,
        count(*) as touch_count,
        sum(count(*)) over (partition by conversion_no) as all_count

    from touches
    group by conversion_no, channel, period_key

),

channels_with_effects as (

    select
        channels.conversion_no,
        channels.channel,
        channels.all_count,
        effects.markov_share,
        effects.linear_distinct_share,
        effects.leave_one_out_share,
        effects.shapley_share,
        channels.touch_count as markov_count,
        channels.touch_count as linear_distinct_count,
        channels.touch_count as leave_one_out_count,
        -- rare channels may share one Shapley value, which then covers all of their touches
        sum(channels.touch_count) over player as shapley_count,
        row_number() over (
            partition by channels.conversion_no, coalesce(effects.shapley_player, channels.channel)
            order by channels.channel
        ) = 1 as is_first_of_player

    from channels

    left join effects
        on
            channels.period_key = effects.period_key
            and channels.channel = effects.channel

    window player as (
        partition by channels.conversion_no, coalesce(effects.shapley_player, channels.channel)
    )

),

channels_with_totals as (

    select
        *,
        sum(markov_share) over journey as markov_total,
        sum(linear_distinct_share) over journey as linear_distinct_total,
        sum(leave_one_out_share) over journey as leave_one_out_total,
        sum(case when is_first_of_player then shapley_share end) over journey as shapley_total

    from channels_with_effects
    window journey as (partition by conversion_no)

),

channel_weights as (

    select
        conversion_no,
        channel,
        {% for model in models -%}
        -- where no channel of a journey has an effect, its touches get equal weights
        coalesce(
            cast(coalesce({{ model }}_share, 0) as double)
            / nullif(cast({{ model }}_total as double), 0)
            / {{ model }}_count,
            cast(1 as double) / all_count
        ) as {{ model }}_weight{{ ',' if not loop.last }}
        {% endfor %}
    from channels_with_totals

),

touch_shares as (

    select
        conversions.conversion_no,
        touches.touch_position,
        {% for model in models -%}
        channel_weights.{{ model }}_weight,
        {{ largest_remainder(
            'channel_weights.' ~ model ~ '_weight', 'conversions.value_cny',
            whole='conversions.conversion_no', earlier='touches.touch_position'
        ) }} as {{ model }}_cny{{ ',' if not loop.last }}
        {% endfor %}
    from touches

    inner join channel_weights
        on
            touches.conversion_no = channel_weights.conversion_no
            and touches.channel = channel_weights.channel

    inner join conversions
        on touches.conversion_no = conversions.conversion_no

),

touches_with_credit as (

    select
        conversions.conversion_key,
        conversions.journey_key,
        conversions.customer_key,
        conversions.goal_code,
        conversions.converted_at,
        conversions.period_key,
        conversions.inputs_hash,
        touches.touch_key,
        touches.campaign_key,
        touches.marketing_channel_code,
        touches.strategy_code,
        touches.touch_group_code,
        touches.touch_position,
        touches.touch_count,
        touches.touched_at
        {%- for model in models %},
        touch_shares.{{ model }}_weight,
        touch_shares.{{ model }}_cny
        {%- endfor %}

    from touches

    inner join touch_shares
        on
            touches.conversion_no = touch_shares.conversion_no
            and touches.touch_position = touch_shares.touch_position

    inner join conversions
        on touches.conversion_no = conversions.conversion_no

),

fits as (

    select distinct
        period_key,
        model_code,
        model_fit_id

    from {{ ref('int_channel_effects') }}
    where
        dimension_code = 'marketing_channel'
        and {{ is_affected('period_key') }}

),

conversions_without_touch as (

    select conversions.*
    from conversions
    left join touches
        on conversions.conversion_no = touches.conversion_no
    where touches.conversion_no is null

),

credits as (

    {%- for model in models %}

    select
        touches_with_credit.conversion_key,
        touches_with_credit.touch_key,
        touches_with_credit.journey_key,
        touches_with_credit.customer_key,
        touches_with_credit.campaign_key,
        touches_with_credit.goal_code,
        '{{ model }}' as model_code,
        touches_with_credit.marketing_channel_code,
        touches_with_credit.strategy_code,
        touches_with_credit.touch_group_code,
        touches_with_credit.{{ model }}_weight as weight,
        touches_with_credit.{{ model }}_cny as credited_cny,
        touches_with_credit.touch_position,
        touches_with_credit.touch_count,
        touches_with_credit.touched_at,
        touches_with_credit.converted_at,
        fits.model_fit_id,
        touches_with_credit.period_key,
        touches_with_credit.inputs_hash

    from touches_with_credit

    left join fits
        on
            touches_with_credit.period_key = fits.period_key
            and fits.model_code = '{{ model }}'

    where touches_with_credit.{{ model }}_weight > 0

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
        -- conversions without a touch have no fit
        null as model_fit_id,
        conversions_without_touch.period_key,
        conversions_without_touch.inputs_hash

    from conversions_without_touch

    cross join {{ ref('attribution_models') }} as models

    where models.model_kind_code = 'data_driven'

)

select * from credits
