-- Grain: one row per strategy, goal, month and model in which the strategy spent or was credited.
with

goals as (

    select goal_code from {{ ref('conversion_goals') }}

),

models as (

    select model_code from {{ ref('attribution_models') }}

),

strategies as (

    select * from {{ ref('strategies') }}

),

spending as (

    select
        coalesce(strategy_code, 'no_strategy') as strategy_code,
        month_start,
        {%- for component in ['media', 'fee', 'product', 'reward'] %}
        coalesce(sum(amount_cny) filter (where component_code = '{{ component }}'), 0) as {{ component }}_cny,
        {%- endfor %}
        coalesce(sum(amount_cny) filter (where not is_in_media), 0) as spend_cny,
        cast(sum(impression_count) as bigint) as impression_count,
        cast(sum(click_count) as bigint) as click_count

    from {{ ref('int_marketing_costs') }}
    group by all

),

credited as (

    select
        case
            when strategy_code is not null then strategy_code
            when marketing_channel_code = 'unattributed' then 'unattributed'
            else 'no_strategy'
        end as strategy_code,
        goal_code,
        month_start,
        model_code,
        sum(conversion_count) as conversion_count,
        sum(credited_cny) as credited_cny

    from {{ ref('int_campaign_credit') }}
    group by all

),

{{ payback_ctes('strategy_code', 'spending') }},

-- spend serves every goal at once, so it stands in full beside each; goals and models are never added up
kept as (

    select
        spending.strategy_code,
        goals.goal_code,
        spending.month_start,
        models.model_code

    from spending

    cross join goals

    cross join models

    union

    select
        strategy_code,
        goal_code,
        month_start,
        model_code

    from credited

),

measured as (

    select
        kept.strategy_code,
        kept.goal_code,
        kept.month_start,
        kept.model_code,
        {%- for amount in ['media_cny', 'fee_cny', 'product_cny', 'reward_cny', 'spend_cny'] %}
        cast(coalesce(spending.{{ amount }}, 0) as decimal(18, 2)) as {{ amount }},
        {%- endfor %}
        spending.impression_count,
        spending.click_count,
        cast(round(coalesce(credited.conversion_count, 0), 6) as double) as conversion_count,
        cast(coalesce(credited.credited_cny, 0) as decimal(18, 2)) as credited_cny

    from kept

    left join spending
        on
            kept.strategy_code = spending.strategy_code
            and kept.month_start = spending.month_start

    left join credited
        on
            kept.strategy_code = credited.strategy_code
            and kept.month_start = credited.month_start
            and kept.goal_code = credited.goal_code
            and kept.model_code = credited.model_code

),

performance as (

    select

        ---------- keys
        measured.strategy_code,
        measured.goal_code,
        measured.month_start,
        measured.model_code,
        strategies.strategy_name,
        strategies.touch_group_code,

        ---------- what it cost
        measured.spend_cny,
        measured.media_cny,
        measured.fee_cny,
        measured.product_cny as product_cost_cny,
        measured.reward_cny,
        measured.impression_count,
        measured.click_count,
        cast(measured.media_cny * 1000 / nullif(measured.impression_count, 0) as decimal(18, 2)) as cpm_cny,
        cast(measured.media_cny / nullif(measured.click_count, 0) as decimal(18, 2)) as cpc_cny,

        ---------- what it brought
        measured.conversion_count,
        measured.credited_cny,
        cast(measured.spend_cny / nullif(measured.conversion_count, 0) as decimal(18, 2)) as cac_cny,
        {%- for goal, cost in [('voice', 'cost_per_voice_cny'), ('acquisition', 'cost_per_acquisition_cny')] %}
        cast(
            case
                when measured.goal_code = '{{ goal }}' then measured.spend_cny / nullif(measured.conversion_count, 0)
            end as decimal(18, 2)
        ) as {{ cost }},
        {%- endfor %}
        cast(measured.credited_cny / nullif(measured.spend_cny, 0) as double) as roas,

        ---------- when the acquired have paid for themselves
        paybacks.margin_cny as acquired_margin_cny,
        paybacks.margin_known_share,
        paybacks.payback_code,
        paybacks.payback_days

    from measured

    left join strategies
        on measured.strategy_code = strategies.strategy_code

    left join paybacks
        on
            measured.strategy_code = paybacks.strategy_code
            and measured.month_start = paybacks.month_start
            and measured.model_code = paybacks.model_code
            and measured.goal_code = 'acquisition'

)

select * from performance
