-- Grain: one row per campaign, those included that only touches, spend or content name.
with

aliases as (

    select * from {{ ref('campaign_aliases') }}

),

listed_campaigns as (

    select
        coalesce(aliases.campaign_key, campaigns.campaign_ref) as campaign_key,
        campaigns.campaign_ref,
        campaigns.campaign_name,
        campaigns.strategy_code,
        campaigns.theme_code,
        campaigns.started_on,
        campaigns.ended_on

    from {{ ref('stg_campaigns') }} as campaigns

    left join aliases
        on campaigns.campaign_ref = aliases.campaign_ref

),

described_campaigns as (

    -- where several entries stand for one campaign, its own entry describes it
    select * from listed_campaigns
    qualify row_number() over (
        partition by campaign_key
        order by case when campaign_ref = campaign_key then 0 else 1 end, campaign_ref
    ) = 1

),

named_campaigns as (

    select campaign_ref from {{ ref('stg_touchpoints') }}
    union
    select campaign_ref from {{ ref('stg_spend') }}
    union
    select campaign_ref from {{ ref('stg_content') }}
    union
    select campaign_ref from {{ ref('stg_collaborations') }}
    union
    select campaign_ref from {{ ref('reward_sources') }}

),

keys as (

    select campaign_key from listed_campaigns
    union
    select coalesce(aliases.campaign_key, named_campaigns.campaign_ref) as campaign_key
    from named_campaigns
    left join aliases
        on named_campaigns.campaign_ref = aliases.campaign_ref
    where named_campaigns.campaign_ref is not null

),

strategies as (

    select * from {{ ref('strategies') }}

),

campaigns as (

    select
        keys.campaign_key,
        described_campaigns.campaign_name,
        described_campaigns.strategy_code,
        strategies.touch_group_code,
        described_campaigns.theme_code,
        described_campaigns.started_on,
        described_campaigns.ended_on,
        described_campaigns.campaign_key is not null as is_listed

    from keys

    left join described_campaigns
        on keys.campaign_key = described_campaigns.campaign_key

    left join strategies
        on described_campaigns.strategy_code = strategies.strategy_code

)

select * from campaigns
