-- Grain: one row per conversion, touch and model; a conversion without a touch has one row per model.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='journey_key') }}
{%- set lookback_days = var('attribution_lookback_days') %}
{%- set lookback_of_goal = var('attribution_lookback_days_by_goal', {}) %}

with

affected as (

    {{ affected_keys([
        "select customer_key from " ~ ref('int_changed_customers'),
        "select coalesce(customer_key, 'order:' || order_ref) from " ~ ref('fct_orders')
        ~ " where order_ref in (select order_ref from " ~ ref('int_changed_orders') ~ ")",
        "select 'order:' || order_ref from " ~ ref('int_changed_orders'),
        "select journey_key from ("
        ~ "(select conversion_key, journey_key, converted_at from " ~ ref('fct_conversions') ~ " where goal_code = 'voice'"
        ~ " except select conversion_key, journey_key, converted_at from " ~ this ~ ")"
        ~ " union all "
        ~ "(select conversion_key, journey_key, converted_at from " ~ this ~ " where goal_code = 'voice'"
        ~ " except select conversion_key, journey_key, converted_at from " ~ ref('fct_conversions') ~ ")) as moved",
        "select standing.journey_key from " ~ this ~ " as standing"
        ~ " inner join " ~ ref('dim_campaigns') ~ " as campaigns"
        ~ " on standing.campaign_key = campaigns.campaign_key"
        ~ " where standing.strategy_code is distinct from campaigns.strategy_code",
    ]) }}

),

conversions as (

    select
        conversion_key,
        goal_code,
        journey_key,
        customer_key,
        converted_at,
        value_cny,
        -- days before the conversion in which a touch can have a part in it
        case goal_code
            {%- for goal in ['voice', 'acquisition', 'retention', 'sale'] %}
            when '{{ goal }}' then {{ lookback_of_goal.get(goal, lookback_days) }}
            {%- endfor %}
        end as lookback_days,
        lag(converted_at) over (
            partition by journey_key, goal_code
            order by converted_at, conversion_key
        ) as previous_converted_at

    from {{ ref('fct_conversions') }}
    where {{ is_affected('journey_key') }}

),

touches as (

    select * from {{ ref('fct_touchpoints') }}
    where
        customer_key is not null
        and excluded_code is null
        and {{ is_affected('customer_key') }}

),

models as (

    select model_code from {{ ref('attribution_models') }}

),

steps as (

    select
        conversions.conversion_key,
        touches.touch_key,
        touches.marketing_channel_code,
        touches.strategy_code,
        touches.campaign_key,
        touches.touch_group_code,
        touches.touched_at,
        row_number() over (
            partition by conversions.conversion_key
            order by touches.touched_at, touches.touch_key
        ) as touch_position,
        count(*) over (partition by conversions.conversion_key) as touch_count

    from conversions

    inner join touches
        on
            conversions.customer_key = touches.customer_key
            and conversions.converted_at >= touches.touched_at
            and conversions.converted_at - conversions.lookback_days * interval '1 day' <= touches.touched_at
            -- a touch is used up by the conversion that it led to
            and touches.touched_at > coalesce(conversions.previous_converted_at, timestamp '0001-01-01')

),

weighted as (

    select
        steps.*,
        models.model_code,
        -- a further model is one more branch here, and one more row of the seed
        case models.model_code
            when 'first_touch' then case when steps.touch_position = 1 then 1.0 else 0.0 end
            when 'last_touch' then case when steps.touch_position = steps.touch_count then 1.0 else 0.0 end
            when 'linear' then cast(1 as double) / steps.touch_count
        end as weight

    from steps

    cross join models

),

credits as (

    select
        conversions.conversion_key,
        conversions.goal_code,
        conversions.journey_key,
        conversions.customer_key,
        conversions.converted_at,
        models.model_code,
        weighted.touch_key,
        weighted.touched_at,
        weighted.touch_position,
        coalesce(weighted.touch_count, 0) as touch_count,
        case when weighted.touch_key is null then 'unattributed' else weighted.marketing_channel_code end
            as marketing_channel_code,
        weighted.strategy_code,
        weighted.campaign_key,
        weighted.touch_group_code,
        coalesce(weighted.weight, 1.0) as weight,
        cast(conversions.value_cny * 100 as bigint) as value_cents

    from conversions

    cross join models

    left join weighted
        on
            conversions.conversion_key = weighted.conversion_key
            and models.model_code = weighted.model_code
            and weighted.weight > 0

),

-- Money goes out in whole cents: everybody gets the floor of their share, and the cents left over go to the
-- largest remainders, so that the credits of a conversion add up to its value exactly.
floored as (

    select
        *,
        cast(floor(round(weight * value_cents, 6)) as bigint) as floor_cents

    from credits

),

ranked as (

    select
        *,
        value_cents - sum(floor_cents) over (partition by conversion_key, model_code) as cents_left,
        row_number() over (
            partition by conversion_key, model_code
            -- rounded, so that shares that are equal on paper stay equal and the earlier touch wins
            order by round(weight * value_cents - floor_cents, 6) desc, touch_position
        ) as remainder_rank

    from floored

),

attributed as (

    select

        ---------- keys
        conversion_key,
        touch_key,
        journey_key,
        customer_key,
        campaign_key,

        ---------- codes
        goal_code,
        model_code,
        marketing_channel_code,
        strategy_code,
        touch_group_code,

        ---------- measures
        cast(weight as double) as weight,
        cast(
            (floor_cents + case when remainder_rank <= cents_left then 1 else 0 end) / 100.0 as decimal(18, 2)
        ) as credited_cny,
        cast(touch_position as bigint) as touch_position,
        cast(touch_count as bigint) as touch_count,

        ---------- times
        touched_at,
        converted_at,

        ---------- lineage
        -- null: these models are rules, and no fit stands behind them
        cast(null as {{ dbt.type_string() }}) as model_fit_id

    from ranked

)

select * from attributed
