-- Grain: one row per touch.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='journey_key') }}

with

affected as (

    {{ affected_keys([
        "select customer_key from " ~ ref('int_changed_customers'),
        changed_in('touchpoints', "'touch:' || record_key"),
        touches_of_changed_subjects(),
        "select standing.journey_key from " ~ this ~ " as standing"
        ~ " left join " ~ ref('stg_reviews') ~ " as reviews on standing.review_ref = reviews.review_ref"
        ~ " left join " ~ ref('fct_voices') ~ " as voices on 'review:' || reviews.record_key = voices.voice_key"
        ~ " where standing.strategy_basis_code in ('review', 'incentivised_review')"
        ~ " and (standing.strategy_basis_code = 'incentivised_review')"
        ~ " is distinct from coalesce(voices.is_incentivised, false)",
    ]) }}

),

touches as (

    {{ touches_of_units() }}

),

subjects as (

    select * from {{ ref('int_touch_subjects') }}

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

strategies as (

    select * from {{ ref('strategies') }}

),

strategy_rules as (

    select * from {{ ref('touch_strategy_rules') }}

),

exclusions as (

    select * from {{ ref('int_touch_exclusions') }}

),

-- reviews that were read, and whether they were incentivised
review_incentives as (

    select
        reviews.review_ref,
        bool_or(coalesce(voices.is_incentivised, false)) as is_incentivised

    from {{ ref('stg_reviews') }} as reviews

    left join {{ ref('fct_voices') }} as voices
        on 'review:' || reviews.record_key = voices.voice_key

    where reviews.review_ref in (select touches.review_ref from touches)
    group by reviews.review_ref

),

touches_with_lead as (

    select
        touches.*,
        coalesce(touches.creator_ref, contents.creator_ref) as led_creator_ref,
        coalesce(aliases.campaign_key, touches.campaign_ref, contents.campaign_key, creators.campaign_key)
            as campaign_key,
        case
            when touches.review_ref is null then null
            when coalesce(review_incentives.is_incentivised, false) then 'incentivised_review'
            else 'review'
        end as review_evidence_code,
        'creator_' || coalesce(creators.tier_code, contents.tier_code) as creator_evidence_code,
        -- a topic that is advertised, or spoken of in a group, came through the advertisement or the group
        case
            when
                contents.topic_ref is not null
                and coalesce(marketing_channels.domain_code, 'public') = 'public'
                and coalesce(marketing_channels.touch_group_code, 'wom') <> 'paid'
                then 'topic'
        end as topic_evidence_code,
        marketing_channels.touch_group_code as channel_touch_group_code,
        marketing_channels.domain_code as channel_domain_code,
        marketing_channels.strategy_code as channel_strategy_code,
        marketing_channels.is_direct as is_direct_channel

    from touches

    left join aliases
        on touches.campaign_ref = aliases.campaign_ref

    left join subjects as contents
        on
            touches.content_ref = contents.subject_ref
            and contents.subject_kind = 'content'

    left join subjects as creators
        on
            touches.creator_ref = creators.subject_ref
            and creators.subject_kind = 'creator'

    left join review_incentives
        on touches.review_ref = review_incentives.review_ref

    left join marketing_channels
        on touches.marketing_channel_code = marketing_channels.marketing_channel_code

),

-- what a touch was part of: what its campaign is for, else what was seen, else where it was seen
touches_with_strategy as (

    select
        touches_with_lead.*,
        coalesce(
            campaigns.strategy_code,
            by_review.strategy_code,
            by_creator.strategy_code,
            by_topic.strategy_code,
            touches_with_lead.channel_strategy_code
        ) as strategy_code,
        case
            when campaigns.strategy_code is not null then 'campaign'
            when by_review.strategy_code is not null then touches_with_lead.review_evidence_code
            when by_creator.strategy_code is not null then touches_with_lead.creator_evidence_code
            when by_topic.strategy_code is not null then touches_with_lead.topic_evidence_code
            when touches_with_lead.channel_strategy_code is not null then 'channel'
        end as strategy_basis_code

    from touches_with_lead

    left join campaigns
        on touches_with_lead.campaign_key = campaigns.campaign_key

    left join strategy_rules as by_review
        on touches_with_lead.review_evidence_code = by_review.evidence_code

    left join strategy_rules as by_creator
        on touches_with_lead.creator_evidence_code = by_creator.evidence_code

    left join strategy_rules as by_topic
        on touches_with_lead.topic_evidence_code = by_topic.evidence_code

),

final as (

    select

        ---------- keys
        touches_with_strategy.touch_key,
        touches_with_strategy.journey_key,
        touches_with_strategy.customer_key,
        touches_with_strategy.campaign_key,

        ---------- ids
        touches_with_strategy.content_ref,
        touches_with_strategy.led_creator_ref as creator_ref,
        touches_with_strategy.review_ref,

        ---------- codes
        touches_with_strategy.source_feed,
        touches_with_strategy.channel_code,
        touches_with_strategy.marketing_channel_code,
        touches_with_strategy.strategy_code,
        touches_with_strategy.strategy_basis_code,
        -- what the campaign is for says more than where it ran: an advertisement in a feed of friends is paid
        coalesce(strategies.touch_group_code, touches_with_strategy.channel_touch_group_code) as touch_group_code,
        coalesce(touches_with_strategy.channel_domain_code, strategies.domain_code) as domain_code,
        touches_with_strategy.touch_kind,
        exclusions.excluded_code,
        exclusions.rule_code as exclusion_rule_code,

        ---------- flags
        coalesce(strategies.is_direct, touches_with_strategy.is_direct_channel, false) as is_direct,

        ---------- times
        touches_with_strategy.touched_at

    from touches_with_strategy

    left join strategies
        on touches_with_strategy.strategy_code = strategies.strategy_code

    left join exclusions
        on touches_with_strategy.touch_key = exclusions.touch_key

)

select * from final
