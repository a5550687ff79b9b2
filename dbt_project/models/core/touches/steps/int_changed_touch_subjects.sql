-- Grain: a campaign, piece of content or creator that leads elsewhere than at the last successful build.
-- The touches that name one of these are built anew; on a first build it is all of them.
with

campaigns as (

    {{ restated_in('campaigns', ['campaign_ref', 'strategy_code']) }}

),

contents as (

    {{ restated_in('content', ['content_ref', 'creator_ref', 'campaign_ref', 'topic_ref']) }}

),

creators as (

    {{ restated_in('creators', ['creator_ref', 'tier_code', 'author_ref', 'customer_ref']) }}

),

collaborations as (

    {{ restated_in('collaborations', ['collaboration_ref', 'content_ref', 'creator_ref', 'campaign_ref']) }}

),

aliases as (

    select * from {{ ref('campaign_aliases') }}

),

subjects as (

    select * from {{ ref('int_touch_subjects') }}

),

changed_campaign_keys as (

    select distinct coalesce(aliases.campaign_key, campaigns.campaign_ref) as campaign_key
    from campaigns
    left join aliases
        on campaigns.campaign_ref = aliases.campaign_ref

),

changed_creators as (

    select creator_ref from creators
    union
    select creator_ref from collaborations

),

changed_subjects as (

    select
        'campaign' as subject_kind,
        campaign_key as subject_ref
    from changed_campaign_keys

    union all

    -- every name of a campaign
    select
        'campaign' as subject_kind,
        aliases.campaign_ref as subject_ref
    from aliases
    inner join changed_campaign_keys
        on aliases.campaign_key = changed_campaign_keys.campaign_key

    union all

    select
        'content' as subject_kind,
        content_ref as subject_ref
    from contents

    union all

    select
        'creator' as subject_kind,
        creator_ref as subject_ref
    from creators

    union all

    select
        'content' as subject_kind,
        content_ref as subject_ref
    from collaborations

    union all

    select
        'creator' as subject_kind,
        creator_ref as subject_ref
    from collaborations

    union all

    -- what leads to a campaign that changed ...
    select
        subjects.subject_kind,
        subjects.subject_ref
    from subjects
    inner join changed_campaign_keys
        on subjects.campaign_key = changed_campaign_keys.campaign_key

    union all

    -- ... and the content of a creator who did
    select
        subjects.subject_kind,
        subjects.subject_ref
    from subjects
    inner join changed_creators
        on subjects.creator_ref = changed_creators.creator_ref

),

distinct_subjects as (

    select distinct
        subject_kind,
        subject_ref

    from changed_subjects
    where subject_ref is not null

)

select * from distinct_subjects
