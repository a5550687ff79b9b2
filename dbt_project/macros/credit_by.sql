{#
    The credit of every goal, month and model by the values of one dimension, `marketing_channel` or `strategy`:
    data-driven models by the effects of their fit, rules by the sums of what they give to touches. What nobody is
    credited with stands as `unattributed`, so that every model adds up to the conversions of the month.
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

localised as (

    select
        credit.period_key,
        credit.model_code,
        coalesce(effects.player_value, credit.{{ value }}) as player_value,
        sum(credit.conversion_count) as conversion_count,
        sum(credit.credited_cny) as credited_cny

    from {{ ref('int_localised_credit') }} as credit

    left join effects
        on
            credit.period_key = effects.period_key
            and credit.model_code = effects.model_code
            and credit.{{ value }} = effects.dimension_value

    group by credit.period_key, credit.model_code, coalesce(effects.player_value, credit.{{ value }})

),

credited as (

    select
        coalesce(players.period_key, localised.period_key) as period_key,
        coalesce(players.model_code, localised.model_code) as model_code,
        coalesce(players.player_value, localised.player_value) as player_value,
        players.effect,
        players.effect_share,
        players.model_fit_id,
        coalesce(localised.conversion_count, 0) as localised_conversions,
        coalesce(localised.credited_cny, 0) as localised_cny

    from players

    full outer join localised
        on
            players.period_key = localised.period_key
            and players.model_code = localised.model_code
            and players.player_value = localised.player_value

),

shared as (

    select
        credited.*,
        periods.goal_code,
        periods.month_start,
        periods.attributed_conversion_count,
        {{ largest_remainder(
            'coalesce(credited.effect_share, 0)', 'periods.attributed_cny',
            whole='credited.period_key, credited.model_code, credited.effect_share is null',
            earlier='credited.player_value'
        ) }} as shared_cny

    from credited

    inner join periods
        on credited.period_key = periods.period_key

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

    from shared

)
{%- endmacro %}
