-- Grain: one row per thing to do that the data show: a voice or case to answer, a pain point that grew, a tutorial, an
-- alert.
with

as_of as (

    select * from {{ ref('stg_as_of') }}

),

aspects as (

    select * from {{ ref('aspects') }}

),

themes as (

    select * from {{ ref('themes') }}

),

growth as (

    select * from {{ ref('int_topic_growth') }}

),

complaints as (

    select * from {{ ref('int_pain_points') }}

),

---------- (a) voices and cases without an answer

waiting_subjects as (

    select
        clocks.subject_key,
        clocks.opened_at,
        coalesce(
            case when clocks.first_reply_at is null then clocks.reply_due_at end, clocks.resolution_due_at
        ) as due_at,
        case
            when clocks.first_reply_at is null then clocks.reply_target_minutes
            else clocks.resolution_target_minutes
        end as target_minutes,
        clocks.is_active_breach,
        clocks.subject_kind,
        clocks.channel_code,
        voices.brand_code,
        voices.product_key,
        voices.rating_share,
        coalesce(voices.follower_count, 0) as follower_count

    from {{ ref('fct_response_clock') }} as clocks

    -- a case that staff opened without a text of the customer's is no voice, and is in the queue nevertheless
    left join {{ ref('fct_voices') }} as voices
        on clocks.subject_key = voices.voice_key

    cross join as_of

    where
        clocks.resolved_at is null
        and clocks.withdrawn_at is null
        and (clocks.first_reply_at is null or clocks.subject_kind = 'case')
        -- a case is in the queue whatever its tone; of voices, only the negative originals need an answer
        and (clocks.subject_kind = 'case' or (voices.is_negative and voices.is_original))
        and cast(clocks.opened_at as date) > as_of.as_of - {{ var('action_window_days') }}

),

blamed_aspects as (

    -- of several aspects that one voice complains of, the one that most complain of
    select
        complaints.voice_key,
        complaints.topic_code as aspect_code,
        complaints.evidence_text

    from complaints

    left join growth
        on
            complaints.topic_code = growth.topic_code
            and growth.topic_kind = 'aspect'
            and complaints.brand_code = growth.brand_code
            and growth.product_key = 'all'

    where
        complaints.topic_kind = 'aspect'
        and complaints.voice_key in (select waiting_subjects.subject_key from waiting_subjects)

    qualify row_number() over (
        partition by complaints.voice_key
        order by growth.mention_count desc nulls last, complaints.topic_code asc
    ) = 1

),

answer_actions as (

    select
        'voice' as insight_kind,
        waiting_subjects.subject_key as insight_ref,
        case when waiting_subjects.subject_kind = 'case' then '跟进工单' else '回复负面声音' end
        || coalesce('：' || aspects.label_zh, '') as title_zh,
        case when waiting_subjects.subject_kind = 'case' then 'Follow up the case' else 'Answer the negative voice' end
        || coalesce(': ' || aspects.label_en, '') as title_en,
        waiting_subjects.brand_code,
        waiting_subjects.channel_code,
        coalesce(waiting_subjects.product_key, 'unknown') as product_key,
        blamed_aspects.aspect_code,
        cast(null as string) as theme_code,
        coalesce(blamed_aspects.aspect_code, 'all') as routed_aspect_code,
        case
            when waiting_subjects.rating_share <= {{ var('action_severe_rating_at_most') }} then 'high'
            when waiting_subjects.follower_count >= {{ var('action_severe_followers_from') }} then 'high'
            when blamed_aspects.aspect_code in ('safety', 'hygiene') then 'high'
            else 'normal'
        end as severity_code,
        waiting_subjects.opened_at,
        waiting_subjects.due_at,
        cast({{ minutes_between('as_of.as_of_end_at', 'waiting_subjects.due_at') }} as double) as minutes_left,
        case
            when waiting_subjects.due_at is null then 'no_clock'
            when waiting_subjects.is_active_breach then 'overdue'
            else 'due'
        end as clock_code,
        cast(1 as bigint) as mention_count,
        cast(null as bigint) as previous_mention_count,
        cast(null as double) as mention_rate,
        cast(null as double) as previous_mention_rate,
        cast(null as double) as growth_z,
        case
            when waiting_subjects.subject_kind = 'voice' or blamed_aspects.voice_key is not null
                then waiting_subjects.subject_key
        end as evidence_voice_key,
        blamed_aspects.evidence_text,
        waiting_subjects.follower_count as reach_count,
        case
            when waiting_subjects.due_at is null then 0
            when waiting_subjects.is_active_breach then 1
            -- the nearer the end of the clock, the more urgent
            else least(greatest(
                1
                - {{ minutes_between('as_of.as_of_end_at', 'waiting_subjects.due_at') }}
                / nullif(waiting_subjects.target_minutes, 0),
                0
            ), 1)
        end as urgency,
        case
            when waiting_subjects.rating_share <= {{ var('action_severe_rating_at_most') }} then 1
            when waiting_subjects.follower_count >= {{ var('action_severe_followers_from') }} then 1
            when blamed_aspects.aspect_code in ('safety', 'hygiene') then 1
            else 0.5
        end as severity

    from waiting_subjects

    cross join as_of

    left join blamed_aspects
        on waiting_subjects.subject_key = blamed_aspects.voice_key

    left join aspects
        on blamed_aspects.aspect_code = aspects.aspect_code

),

---------- (b) the pain points that grew

pain_point_actions as (

    select
        'aspect' as insight_kind,
        growth.topic_code || case when growth.product_key = 'all' then '' else '@' || growth.product_key end
            as insight_ref,
        '解决上升的痛点：' || aspects.label_zh as title_zh,
        'Remove the pain point that grew: ' || aspects.label_en as title_en,
        growth.brand_code,
        'all' as channel_code,
        growth.product_key,
        growth.topic_code as aspect_code,
        cast(null as string) as theme_code,
        growth.topic_code as routed_aspect_code,
        'cause' as severity_code,
        cast(null as timestamp) as opened_at,
        cast(null as timestamp) as due_at,
        cast(null as double) as minutes_left,
        'no_clock' as clock_code,
        growth.mention_count,
        growth.previous_mention_count,
        growth.mention_rate,
        growth.previous_mention_rate,
        growth.growth_z,
        growth.evidence_voice_key,
        growth.evidence_text,
        growth.reach_count,
        -- without a clock, growth decides how urgent it is
        least(growth.growth_z / 10, 1) as urgency,
        least(growth.mention_rate / 0.2, 1) as severity

    from growth

    inner join aspects
        on growth.topic_code = aspects.aspect_code

    where
        growth.topic_kind = 'aspect'
        and growth.mention_count >= {{ var('action_fewest_mentions') }}
        and growth.growth_z >= {{ var('action_growth_z') }}

),

---------- (c) the tutorials to write

tutorial_actions as (

    select
        'tutorial' as insight_kind,
        growth.topic_code || case when growth.product_key = 'all' then '' else '@' || growth.product_key end
            as insight_ref,
        '撰写教程：' || coalesce(aspects.label_zh, themes.label_zh) as title_zh,
        'Write a tutorial: ' || coalesce(aspects.label_en, themes.label_en) as title_en,
        growth.brand_code,
        'all' as channel_code,
        growth.product_key,
        aspects.aspect_code,
        themes.theme_code,
        'usability' as routed_aspect_code,
        'cause' as severity_code,
        cast(null as timestamp) as opened_at,
        cast(null as timestamp) as due_at,
        cast(null as double) as minutes_left,
        'no_clock' as clock_code,
        growth.mention_count,
        growth.previous_mention_count,
        growth.mention_rate,
        growth.previous_mention_rate,
        growth.growth_z,
        growth.evidence_voice_key,
        growth.evidence_text,
        growth.reach_count,
        0 as urgency,
        least(growth.mention_rate / 0.2, 1) as severity

    from growth

    inner join {{ ref('tutorial_topics') }} as topics
        on
            growth.topic_code = topics.topic_code
            and growth.topic_kind = topics.topic_kind

    left join aspects
        on
            growth.topic_kind = 'aspect'
            and growth.topic_code = aspects.aspect_code

    left join themes
        on
            growth.topic_kind = 'theme'
            and growth.topic_code = themes.theme_code

    where growth.mention_count >= {{ var('action_fewest_mentions') }}

),

---------- (d) alerts that are not over

alert_actions as (

    select
        'alert' as insight_kind,
        episodes.episode_key as insight_ref,
        '响应预警' || coalesce('：' || aspects.label_zh, '') as title_zh,
        'Respond to the alert' || coalesce(': ' || aspects.label_en, '') as title_en,
        episodes.brand_code,
        coalesce(episodes.channel_code, 'all') as channel_code,
        coalesce(episodes.product_key, 'all') as product_key,
        episodes.aspect_code,
        cast(null as string) as theme_code,
        'alert' as routed_aspect_code,
        'high' as severity_code,
        episodes.first_voice_at as opened_at,
        cast(null as timestamp) as due_at,
        cast(null as double) as minutes_left,
        'no_clock' as clock_code,
        episodes.peak_count as mention_count,
        cast(null as bigint) as previous_mention_count,
        cast(null as double) as mention_rate,
        cast(null as double) as previous_mention_rate,
        episodes.peak_volume_z as growth_z,
        cast(null as string) as evidence_voice_key,
        cast(null as string) as evidence_text,
        cast(0 as bigint) as reach_count,
        1 as urgency,
        coalesce(episodes.peak_severity, 0.5) as severity

    from {{ ref('mart_alert_episodes') }} as episodes

    cross join as_of

    left join aspects
        on episodes.aspect_code = aspects.aspect_code

    where episodes.last_alert_date > as_of.as_of - {{ var('action_alert_days') }}

),

actions as (

    select * from answer_actions
    union all
    select * from pain_point_actions
    union all
    select * from tutorial_actions
    union all
    select * from alert_actions

)

select * from actions
