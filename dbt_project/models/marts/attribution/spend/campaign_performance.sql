-- Grain: one row per campaign, goal, month and model in which the campaign spent or was credited; what belongs to no
-- campaign has a row per marketing channel.
with

goals as (

    select goal_code from {{ ref('conversion_goals') }}

),

models as (

    select model_code from {{ ref('attribution_models') }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

spending as (

    select
        coalesce(campaign_key, 'no_campaign') as campaign_key,
        case when campaign_key is null then coalesce(marketing_channel_code, 'unknown') else 'all' end
            as marketing_channel_code,
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
        coalesce(campaign_key, 'no_campaign') as campaign_key,
        case when campaign_key is null then coalesce(marketing_channel_code, 'unknown') else 'all' end
            as marketing_channel_code,
        goal_code,
        month_start,
        model_code,
        sum(conversion_count) as conversion_count,
        sum(credited_cny) as credited_cny

    from {{ ref('int_campaign_credit') }}
    group by all

),

{{ payback_ctes('campaign_key', 'spending') }},

-- spend serves every goal at once, so it stands in full beside each; goals and models are never added up
kept as (

    select
        spending.campaign_key,
        spending.marketing_channel_code,
        goals.goal_code,
        spending.month_start,
        models.model_code

    from spending

    cross join goals

    cross join models

    union

    select
        campaign_key,
        marketing_channel_code,
        goal_code,
        month_start,
        model_code

    from credited

),

measured as (

    select
        kept.campaign_key,
        kept.marketing_channel_code,
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
            kept.campaign_key = spending.campaign_key
            and kept.marketing_channel_code = spending.marketing_channel_code
            and kept.month_start = spending.month_start

    left join credited
        on
            kept.campaign_key = credited.campaign_key
            and kept.marketing_channel_code = credited.marketing_channel_code
            and kept.month_start = credited.month_start
            and kept.goal_code = credited.goal_code
            and kept.model_code = credited.model_code

),

performance as (

    select

        ---------- keys
        measured.campaign_key,
        measured.marketing_channel_code,
        measured.goal_code,
        measured.month_start,
        measured.model_code,
        campaigns.campaign_name,
        campaigns.strategy_code,

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

    left join campaigns
        on measured.campaign_key = campaigns.campaign_key

    left join paybacks
        on
            measured.campaign_key = paybacks.campaign_key
            and measured.month_start = paybacks.month_start
            and measured.model_code = paybacks.model_code
            and measured.goal_code = 'acquisition'

)

select * from performance
