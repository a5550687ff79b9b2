{#
    The credit of every goal, month and model by the values of one dimension, `marketing_channel` or `strategy`:
    data-driven models by the effects of their fit, rules by the sums of what they give to touches. Conversions
    without a touch have the value `unattributed`, so that every model adds up to the conversions of the month.
#}
{% macro credit_by(dimension_code) -%}
{%- set value = dimension_code ~ '_code' -%}
periods as (

    select * from {{ ref('int_path_periods') }}

),

effects as (

    select * from {{ ref('int_channel_effects') }}
    where dimension_code = '{{ dimension_code }}'

),

players as (

    -- channels that share one value share one row
    select distinct
        period_key,
        model_code,
        player_value,
        effect,
        effect_share,
        model_fit_id

    from effects

),

-- credit of single journeys by value; only conversions without a touch are unattributed
credit_by_value as (

    select
        period_key,
        model_code,
        case
            when marketing_channel_code = 'unattributed' then 'unattributed'
            else coalesce({{ value }}, 'unknown')
        end as {{ value }},
        conversion_count,
        credited_cny

    from {{ ref('int_campaign_credit') }}

),

journey_credit as (

    select
        credit_by_value.period_key,
        credit_by_value.model_code,
        coalesce(effects.player_value, credit_by_value.{{ value }}) as player_value,
        sum(credit_by_value.conversion_count) as conversion_count,
        sum(credit_by_value.credited_cny) as credited_cny

    from credit_by_value

    left join effects
        on
            credit_by_value.period_key = effects.period_key
            and credit_by_value.model_code = effects.model_code
            and credit_by_value.{{ value }} = effects.dimension_value

    group by
        credit_by_value.period_key,
        credit_by_value.model_code,
        coalesce(effects.player_value, credit_by_value.{{ value }})

),

effects_and_credit as (

    select
        coalesce(players.period_key, journey_credit.period_key) as period_key,
        coalesce(players.model_code, journey_credit.model_code) as model_code,
        coalesce(players.player_value, journey_credit.player_value) as player_value,
        players.effect,
        players.effect_share,
        players.model_fit_id,
        coalesce(journey_credit.conversion_count, 0) as localised_conversions,
        coalesce(journey_credit.credited_cny, 0) as localised_cny

    from players

    full outer join journey_credit
        on
            players.period_key = journey_credit.period_key
            and players.model_code = journey_credit.model_code
            and players.player_value = journey_credit.player_value

),

credit_shares as (

    select
        effects_and_credit.*,
        periods.goal_code,
        periods.month_start,
        periods.attributed_conversion_count,
        {{ largest_remainder(
            'coalesce(effects_and_credit.effect_share, 0)', 'periods.attributed_cny',
            whole='effects_and_credit.period_key, effects_and_credit.model_code, '
                ~ 'effects_and_credit.effect_share is null',
            earlier='effects_and_credit.player_value'
        ) }} as shared_cny

    from effects_and_credit

    inner join periods
        on effects_and_credit.period_key = periods.period_key

),

credit as (

    select
        goal_code,
        month_start,
        model_code,
        player_value as {{ value }},
        effect,
        effect_share,
        cast(
            case
                when effect_share is null then localised_conversions
                else round(effect_share * attributed_conversion_count, 9)
            end as double
        ) as credited_conversions,
        cast(case when effect_share is null then localised_cny else shared_cny end as decimal(18, 2)) as credited_cny,
        cast(localised_conversions as double) as localised_conversions,
        cast(localised_cny as decimal(18, 2)) as localised_cny,
        model_fit_id

    from credit_shares

)
{%- endmacro %}
