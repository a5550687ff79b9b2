-- Grain: one row per touch in any feed.
{{ config(materialized='view') }}

with

tracked_touches as (

    select
        record_key as touch_key,
        'touchpoints' as source_feed,
        channel_code,
        identity_value as node,
        touched_at,
        marketing_channel_code,
        campaign_ref,
        content_ref,
        creator_ref,
        review_ref,
        touch_kind

    from {{ ref('stg_touchpoints') }}

),

-- Each of the following names a person, or is no touch of anybody.
referral_clicks as (

    select
        'referral:' || record_key as touch_key,
        'referrals' as source_feed,
        channel_code,
        -- who sent the link did something, too, but was not reached by it
        invitee_ref as node,
        clicked_at as touched_at,
        'referral' as marketing_channel_code,
        'referral_click' as touch_kind

    from {{ ref('stg_referrals') }}
    where
        invitee_ref is not null
        and clicked_at is not null

),

group_messages as (

    select
        'message:' || record_key as touch_key,
        'mentions' as source_feed,
        channel_code,
        author_ref as node,
        posted_at as touched_at,
        'wecom' as marketing_channel_code,
        'group_message' as touch_kind

    from {{ ref('stg_mentions') }}
    where
        mention_kind = 'message'
        and author_ref is not null
        -- an employee's message names whom it comes from, and not whom it reaches
        and coalesce(author_kind, 'user') <> 'employee'

),

community_days as (

    select
        'community:' || record_key as touch_key,
        'community_activity' as source_feed,
        channel_code,
        customer_ref as node,
        -- the feed knows the day alone: its end, so that no sale is credited to what may have come after it
        cast(active_on as timestamp) + interval '1 day' - interval '1 second' as touched_at,
        'community' as marketing_channel_code,
        'group_activity' as touch_kind

    from {{ ref('stg_community_activity') }}

),

survey_answers as (

    select
        'survey:' || record_key as touch_key,
        'surveys' as source_feed,
        channel_code,
        customer_ref as node,
        coalesce(answered_at, sent_at) as touched_at,
        marketing_channel_code,
        'survey_answer' as touch_kind

    from {{ ref('stg_surveys') }}
    where
        customer_ref is not null
        and marketing_channel_code is not null
        and coalesce(answered_at, sent_at) is not null

),

pre_sale_contacts as (

    select
        'contact:' || record_key as touch_key,
        'service_contacts' as source_feed,
        channel_code,
        customer_ref as node,
        started_at as touched_at,
        'customer_service' as marketing_channel_code,
        'pre_sale_contact' as touch_kind

    from {{ ref('stg_service_contacts') }}
    where
        stage_code = 'pre_sale'
        and customer_ref is not null
        -- an unanswered question is no advice
        and first_response_at is not null

),

all_touches as (

    select * from tracked_touches
    {%- for source in ['referral_clicks', 'group_messages', 'community_days', 'survey_answers', 'pre_sale_contacts'] %}
    union all
    select
        touch_key,
        source_feed,
        channel_code,
        node,
        touched_at,
        marketing_channel_code,
        cast(null as string) as campaign_ref,
        cast(null as string) as content_ref,
        cast(null as string) as creator_ref,
        cast(null as string) as review_ref,
        touch_kind
    from {{ source }}
    {%- endfor %}

)

select * from all_touches
