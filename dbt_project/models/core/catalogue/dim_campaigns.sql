-- Grain: one row per campaign, those included that only touches, spend or content name.
with

aliases as (

    select * from {{ ref('campaign_aliases') }}

),

listed as (

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

described as (

    -- where several entries stand for one campaign, its own entry describes it
    select * from listed
    qualify row_number() over (
        partition by campaign_key
        order by case when campaign_ref = campaign_key then 0 else 1 end, campaign_ref
    ) = 1

),

named as (

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

    select campaign_key from listed
    union
    select coalesce(aliases.campaign_key, named.campaign_ref) as campaign_key
    from named
    left join aliases
        on named.campaign_ref = aliases.campaign_ref
    where named.campaign_ref is not null

),

strategies as (

    select * from {{ ref('strategies') }}

),

campaigns as (

    select
        keys.campaign_key,
        described.campaign_name,
        described.strategy_code,
        strategies.touch_group_code,
        described.theme_code,
        described.started_on,
        described.ended_on,
        described.campaign_key is not null as is_listed

    from keys

    left join described
        on keys.campaign_key = described.campaign_key

    left join strategies
        on described.strategy_code = strategies.strategy_code

)

select * from campaigns
