-- Grain: one row per touch that does not count, with the first rule that says so.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='journey_key') }}

with

affected as (

    {{ affected_keys([
        "select customer_key from " ~ ref('int_changed_customers'),
        changed_in('touchpoints', "'touch:' || record_key"),
        touches_of_changed_subjects(),
    ]) }}

),

touches as (

    {{ touches_of_units() }}

),

rules as (

    select * from {{ ref('touch_exclusions') }}

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

subjects as (

    select * from {{ ref('int_touch_subjects') }}

),

marketing_channels as (

    select * from {{ ref('marketing_channels') }}

),

---------- robots

hours as (

    -- an identifier that is a robot in one hour is one all day
    select
        node,
        cast(touched_at as date) as touched_on,
        count(*) as touch_count

    from touches
    where
        node is not null
        and source_feed = 'touchpoints'
    group by node, cast(touched_at as date), date_trunc('hour', touched_at)

),

days as (

    select
        node,
        touched_on,
        max(touch_count) as busiest_hour_count,
        sum(touch_count) as touch_count

    from hours
    group by node, touched_on

),

robot_days as (

    select
        days.node,
        days.touched_on,
        rules.rule_code

    from days

    inner join rules
        on
            (days.busiest_hour_count > rules.threshold and rules.rule_code = 'robot_hour')
            or (days.touch_count > rules.threshold and rules.rule_code = 'robot_day')

),

by_robots as (

    select
        touches.touch_key,
        robot_days.rule_code

    from touches

    inner join robot_days
        on
            touches.node = robot_days.node
            and cast(touches.touched_at as date) = robot_days.touched_on

    where touches.source_feed = 'touchpoints'

),

by_kind as (

    select
        touches.touch_key,
        rules.rule_code

    from touches

    inner join rules
        on lower(touches.touch_kind) = rules.touch_kind

),

---------- those who are on the brand's or the author's side

staff_customers as (

    -- employees who post under a name of their own; answering from the brand's accounts is no touch
    select distinct identities.customer_key
    from {{ ref('stg_mentions') }} as mentions
    inner join identities
        on mentions.author_ref = identities.node
    where mentions.author_kind = 'employee'

),

by_staff as (

    select
        touches.touch_key,
        'staff' as rule_code

    from touches

    inner join staff_customers
        on touches.customer_key = staff_customers.customer_key

),

by_creators as (

    select
        touches.touch_key,
        'own_content' as rule_code

    from touches

    left join subjects as contents
        on
            touches.content_ref = contents.subject_ref
            and contents.subject_kind = 'content'

    left join subjects as creators
        on
            touches.creator_ref = creators.subject_ref
            and creators.subject_kind = 'creator'

    where touches.customer_key in (contents.creator_customer_key, creators.creator_customer_key)

),

by_reviewers as (

    select
        touches.touch_key,
        'own_review' as rule_code

    from touches

    inner join {{ ref('stg_reviews') }} as reviews
        on touches.review_ref = reviews.review_ref

    inner join identities
        on
            reviews.author_ref = identities.node
            and touches.customer_key = identities.customer_key

),

---------- referral links

referral_link_touches as (

    select
        touches.touch_key,
        touches.source_feed,
        touches.customer_key,
        touches.touched_at

    from touches

    inner join marketing_channels
        on touches.marketing_channel_code = marketing_channels.marketing_channel_code

    where
        touches.customer_key is not null
        and marketing_channels.strategy_code = 'referral'

),

invites as (

    select
        invites.clicked_at,
        inviters.customer_key as inviter_key,
        coalesce(inviters.customer_key = invitees.customer_key, false) as is_self_invite,
        'referral:' || invites.record_key as touch_key

    from {{ ref('stg_referrals') }} as invites

    inner join identities as inviters
        on invites.inviter_ref = inviters.node

    left join identities as invitees
        on invites.invitee_ref = invitees.node

    where invites.clicked_at is not null

),

by_inviters as (

    -- referrals name the link but not always who opened it; the tracker names who opened a link but not which
    select
        clicks.touch_key,
        rules.rule_code

    from referral_link_touches as clicks

    inner join invites
        on clicks.customer_key = invites.inviter_key

    inner join rules
        on rules.rule_code = 'own_link'

    where
        (clicks.touch_key = invites.touch_key and invites.is_self_invite)
        or (
            clicks.source_feed = 'touchpoints'
            and abs({{ seconds_between('invites.clicked_at', 'clicks.touched_at') }}) <= rules.threshold * 60
        )

),

duplicate_referral_touches as (

    select
        reported.touch_key,
        rules.rule_code

    from referral_link_touches as reported

    inner join referral_link_touches as tracked
        on
            reported.customer_key = tracked.customer_key
            and reported.source_feed = 'referrals'
            and tracked.source_feed = 'touchpoints'

    inner join rules
        on
            rules.rule_code = 'click_told_twice'
            and rules.threshold * 60
            >= abs({{ seconds_between('reported.touched_at', 'tracked.touched_at') }})

),

---------- private groups

further_group_touches as (

    -- a talkative day is one touch: its first message, else one of its communities
    select
        touch_key,
        'same_group_day' as rule_code

    from touches
    where
        customer_key is not null
        and source_feed in ('mentions', 'community_activity')
    qualify row_number() over (
        partition by customer_key, cast(touched_at as date)
        order by case when source_feed = 'mentions' then 0 else 1 end, touched_at, touch_key
    ) > 1

),

---------- together

rule_matches as (

    {% for matches in [
        'by_robots', 'by_kind', 'by_staff', 'by_creators', 'by_reviewers', 'by_inviters', 'duplicate_referral_touches',
        'further_group_touches'
    ] -%}
    select
        touch_key,
        rule_code
    from {{ matches }}
    {% if not loop.last %}
    union all

    {% endif -%}
    {%- endfor %}

),

excluded_touches as (

    select
        touches.touch_key,
        touches.journey_key,
        rules.rule_code,
        rules.excluded_code

    from rule_matches

    inner join touches
        on rule_matches.touch_key = touches.touch_key

    -- a rule that was taken out of the seed is off
    inner join rules
        on rule_matches.rule_code = rules.rule_code

    qualify row_number() over (partition by touches.touch_key order by rules.rule_position, rules.rule_code) = 1

)

select * from excluded_touches
