-- Grain: one row per customer who passes every gate of KOC discovery.
with

advocates as (

    select * from {{ ref('mart_advocates') }}
    where status_code in ('candidate', 'activated')

),

channels as (

    select * from {{ ref('channel_labels') }}

),

candidate_reasons as (

    select
        advocates.*,
        cast(advocates.order_count as string) as orders_said,
        cast(advocates.net_cny as string) as net_said,
        cast(advocates.positive_voice_count as string) as voices_said,
        cast(advocates.referral_count as string) as referrals_said,
        cast(advocates.engagement_count as string) as engagement_said,
        cast(advocates.follower_count as string) as followers_said,
        coalesce(channels.label_zh, advocates.follower_channel_code) as channel_zh,
        coalesce(channels.label_en, advocates.follower_channel_code) as channel_en,
        -- percentile of each part of the score
        cast(cast(floor(round(advocates.purchase_score * 100, 4)) as integer) as string) as purchase_above,
        cast(cast(floor(round(advocates.advocacy_score * 100, 4)) as integer) as string) as advocacy_above,
        cast(cast(floor(round(advocates.engagement_score * 100, 4)) as integer) as string) as engagement_above

    from advocates

    left join channels
        on advocates.follower_channel_code = channels.channel_code

),

final as (

    select

        ---------- keys
        customer_key,
        cast(row_number() over (order by score desc, customer_key asc) as bigint) as rank,

        ---------- the score
        score,
        decile,
        purchase_score,
        advocacy_score,
        engagement_score,

        ---------- why
        '下单 ' || orders_said || ' 次、净消费 ' || net_said || ' 元（高于 ' || purchase_above || '% 的客户），自发好评 '
        || voices_said || ' 条、带来 ' || referrals_said || ' 人（高于 ' || advocacy_above || '%），互动 ' || engagement_said
        || ' 次（高于 ' || engagement_above || '%），' || channel_zh || '粉丝 ' || followers_said
        || case when is_activated then '，已激活' else '' end
        || '；' || orders_said || ' order(s) worth ' || net_said || ' CNY (above ' || purchase_above
        || ' % of all customers), ' || voices_said || ' own positive voices, ' || referrals_said
        || ' people brought (above ' || advocacy_above || ' %), ' || engagement_said || ' interactions (above '
        || engagement_above || ' %), ' || followers_said || ' followers on ' || channel_en
        || case when is_activated then ', activated already' else '' end as why,

        ---------- who they are
        lifecycle_code,
        advocacy_code,
        is_core_fan,
        is_activated,
        activated_on,

        ---------- gates: all hold here, and stand here to be seen
        is_verified_buyer,
        is_consented,
        has_enough_voices,
        is_in_follower_band,
        is_not_staff,
        is_unpaid,

        ---------- measures
        order_count,
        net_cny,
        positive_voice_count,
        negative_voice_count,
        last_positive_voice_at,
        referral_count,
        engagement_count,
        impression_count,
        community_active_days,
        follower_count,
        follower_channel_code

    from candidate_reasons

)

select * from final
