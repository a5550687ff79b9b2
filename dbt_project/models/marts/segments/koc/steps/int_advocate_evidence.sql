-- Grain: one row per customer who praised us of their own accord, or stands on an advocate's rung.
{%- set fan_rungs = "'" ~ var('core_fan_advocacy_codes') | join("', '") ~ "'" %}
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

ties as (

    select
        customer_key,
        min(case when is_koc then began_on end) as activated_on,
        bool_or(not is_koc) as is_other_tier

    from {{ ref('int_creator_ties') }}
    group by customer_key

),

rungs as (

    select customer_key
    from {{ ref('dim_customers') }}
    where
        advocacy_code in ({{ fan_rungs }})

),

voices as (

    select
        voices.voice_key,
        voices.customer_key,
        voices.channel_code,
        voices.posted_at,
        voices.author_kind,
        voices.is_earned,
        voices.is_negative,
        voices.follower_count,
        voices.helpful_count,
        {{ is_own_voice('voices') }}
        and cast(voices.posted_at as date) > as_of.as_of - {{ var('advocate_window_days') }} as is_own,
        {{ is_positive_voice('voices') }} as is_positive

    from {{ ref('fct_voices') }} as voices

    cross join as_of

    where
        voices.customer_key is not null
        and cast(voices.posted_at as date) <= as_of.as_of

),

voice_counts as (

    select
        voices.customer_key,
        count(*) filter (where voices.is_own) as own_voice_count,
        count(*) filter (where voices.is_own and voices.is_positive) as positive_voice_count,
        count(*) filter (where voices.is_own and voices.is_negative) as negative_voice_count,
        max(voices.posted_at) filter (where voices.is_own and voices.is_positive) as last_positive_voice_at,
        bool_or(voices.author_kind is not distinct from 'employee') as is_staff,
        -- paid posts of our own KOCs are expected: that is what they were activated for
        bool_or(
            not voices.is_earned
            and voices.author_kind is distinct from 'employee'
            and coalesce(cast(voices.posted_at as date) < ties.activated_on, true)
        ) as is_paid_voice

    from voices

    left join ties
        on voices.customer_key = ties.customer_key

    group by voices.customer_key

),

advocates as (

    select customer_key
    from voice_counts
    where positive_voice_count > 0
    union
    select customer_key
    from rungs

),

accounts as (

    select
        voices.customer_key,
        voices.channel_code,
        max_by(voices.follower_count, cast(voices.posted_at as string) || voices.voice_key) as follower_count

    from voices

    inner join advocates
        on voices.customer_key = advocates.customer_key

    where voices.follower_count is not null
    group by voices.customer_key, voices.channel_code

),

accounts_with_band as (

    select
        accounts.customer_key,
        accounts.channel_code,
        accounts.follower_count,
        accounts.follower_count between coalesce(own_bands.follower_from, other_bands.follower_from)
        and coalesce(own_bands.follower_to, other_bands.follower_to) as is_within,
        accounts.follower_count > coalesce(own_bands.follower_to, other_bands.follower_to) as is_above

    from accounts

    left join {{ ref('koc_follower_bands') }} as own_bands
        on accounts.channel_code = own_bands.channel_code

    left join {{ ref('koc_follower_bands') }} as other_bands
        on other_bands.channel_code = '*'

),

followers as (

    -- an account too large on one platform disqualifies the customer on all
    select
        customer_key,
        max(follower_count) as follower_count,
        max_by(channel_code, lpad(cast(follower_count as string), 19, '0') || channel_code) as follower_channel_code,
        coalesce(bool_or(is_within) and not bool_or(is_above), false) as is_in_follower_band

    from accounts_with_band
    group by customer_key

),

pieces as (

    select
        voice_key,
        max(engagement_count) as engagement_count,
        max(impression_count) as impression_count

    from {{ ref('mart_content_performance') }}
    where voice_key is not null
    group by voice_key

),

praise_reactions as (

    -- reactions of others to their praise: counters of a post, helpful votes of a review
    select
        voices.customer_key,
        cast(sum(coalesce(pieces.engagement_count, voices.helpful_count, 0)) as bigint) as engagement_count,
        cast(sum(pieces.impression_count) as bigint) as impression_count

    from voices

    left join pieces
        on voices.voice_key = pieces.voice_key

    where
        voices.is_own
        and voices.is_positive
    group by voices.customer_key

),

referral_counts as (

    select
        inviter_customer_key as customer_key,
        count(*) as referral_count

    from {{ ref('fct_referrals') }}

    cross join as_of

    where
        is_counted
        and is_registered
        and cast(registered_at as date) > as_of.as_of - {{ var('advocate_window_days') }}
        and cast(registered_at as date) <= as_of.as_of
    group by inviter_customer_key

),

community_days as (

    select
        identities.customer_key,
        count(distinct activity.active_on) as community_active_days

    from {{ ref('stg_community_activity') }} as activity

    inner join {{ ref('int_customer_identities') }} as identities
        on activity.customer_ref = identities.node

    cross join as_of

    where
        activity.active_on > as_of.as_of - {{ var('advocate_window_days') }}
        and activity.active_on <= as_of.as_of
    group by identities.customer_key

),

final as (

    select
        advocates.customer_key,
        coalesce(voice_counts.own_voice_count, 0) as own_voice_count,
        coalesce(voice_counts.positive_voice_count, 0) as positive_voice_count,
        coalesce(voice_counts.negative_voice_count, 0) as negative_voice_count,
        voice_counts.last_positive_voice_at,
        coalesce(referral_counts.referral_count, 0) as referral_count,
        coalesce(praise_reactions.engagement_count, 0) as engagement_count,
        praise_reactions.impression_count,
        coalesce(community_days.community_active_days, 0) as community_active_days,
        followers.follower_count,
        followers.follower_channel_code,
        coalesce(followers.is_in_follower_band, false) as is_in_follower_band,
        coalesce(voice_counts.is_staff, false) as is_staff,
        coalesce(voice_counts.is_paid_voice, false) or coalesce(ties.is_other_tier, false) as is_paid,
        ties.activated_on

    from advocates

    left join voice_counts
        on advocates.customer_key = voice_counts.customer_key

    left join referral_counts
        on advocates.customer_key = referral_counts.customer_key

    left join praise_reactions
        on advocates.customer_key = praise_reactions.customer_key

    left join community_days
        on advocates.customer_key = community_days.customer_key

    left join followers
        on advocates.customer_key = followers.customer_key

    left join ties
        on advocates.customer_key = ties.customer_key

)

select * from final
