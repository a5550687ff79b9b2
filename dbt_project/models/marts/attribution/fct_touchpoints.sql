-- Grain: one row per touch.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='touch_key') }}

with

affected as (

    {{ affected_keys([
        changed_in('touchpoints'),
        "select touches.record_key from " ~ ref('stg_touchpoints') ~ " as touches"
        ~ " inner join " ~ ref('int_customer_identities') ~ " as identities"
        ~ " on touches.identity_value = identities.node"
        ~ " inner join " ~ ref('int_changed_customers') ~ " as changed"
        ~ " on identities.customer_key = changed.customer_key where changed.has_changed_links",
        "select standing.touch_key from " ~ this ~ " as standing"
        ~ " inner join " ~ ref('dim_campaigns') ~ " as campaigns"
        ~ " on standing.campaign_key = campaigns.campaign_key"
        ~ " where standing.strategy_code is distinct from campaigns.strategy_code",
    ]) }}

),

touches as (

    select * from {{ ref('stg_touchpoints') }}
    where {{ is_affected('record_key') }}

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

aliases as (

    select * from {{ ref('campaign_aliases') }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

marketing_channels as (

    select * from {{ ref('marketing_channels') }}

),

joined as (

    select

        ---------- keys
        touches.record_key as touch_key,
        -- null when the identifier was masked: the touch is kept, and nothing is credited to it
        identities.customer_key,
        campaigns.campaign_key,

        ---------- ids
        touches.content_ref,
        touches.creator_ref,
        touches.review_ref,

        ---------- codes
        touches.channel_code,
        touches.marketing_channel_code,
        campaigns.strategy_code,
        -- what the campaign is for says more than where it ran: an advertisement in a feed of friends is paid
        coalesce(campaigns.touch_group_code, marketing_channels.touch_group_code) as touch_group_code,
        touches.touch_kind,

        ---------- times
        touches.touched_at

    from touches

    left join identities
        on touches.identity_value = identities.node

    left join aliases
        on touches.campaign_ref = aliases.campaign_ref

    left join campaigns
        on coalesce(aliases.campaign_key, touches.campaign_ref) = campaigns.campaign_key

    left join marketing_channels
        on touches.marketing_channel_code = marketing_channels.marketing_channel_code

)

select * from joined
