-- Grain: one row per thing to do: a voice or case to answer, a pain point that grew, a tutorial, an alert, a promise.
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

---------- (a) who waits for an answer

waiting as (

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

    -- a case that staff opened without a word of the customer's is no voice, and waits all the same
    left join {{ ref('fct_voices') }} as voices
        on clocks.subject_key = voices.voice_key

    cross join as_of

    where
        clocks.resolved_at is null
        and clocks.withdrawn_at is null
        and (clocks.first_reply_at is null or clocks.subject_kind = 'case')
        -- a case waits whatever its tone, and is answered where it was opened; praise waits for nobody
        and (clocks.subject_kind = 'case' or (voices.is_negative and voices.is_original))
        and cast(clocks.opened_at as date) > as_of.as_of - {{ var('action_window_days') }}

),

blamed as (

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
        and complaints.voice_key in (select waiting.subject_key from waiting)

    qualify row_number() over (
        partition by complaints.voice_key
        order by growth.mention_count desc nulls last, complaints.topic_code asc
    ) = 1

),

to_answer as (

    select
        'voice' as insight_kind,
        waiting.subject_key as insight_ref,
        case when waiting.subject_kind = 'case' then '跟进工单' else '回复负面声音' end
        || coalesce('：' || aspects.label_zh, '') as title_zh,
        case when waiting.subject_kind = 'case' then 'Follow up the case' else 'Answer the negative voice' end
        || coalesce(': ' || aspects.label_en, '') as title_en,
        waiting.brand_code,
        waiting.channel_code,
        coalesce(waiting.product_key, 'unknown') as product_key,
        blamed.aspect_code,
        cast(null as string) as theme_code,
        coalesce(blamed.aspect_code, 'all') as routed_aspect_code,
        case
            when waiting.rating_share <= {{ var('action_severe_rating_at_most') }} then 'high'
            when waiting.follower_count >= {{ var('action_severe_followers_from') }} then 'high'
            when blamed.aspect_code in ('safety', 'hygiene') then 'high'
            else 'normal'
        end as severity_code,
        waiting.opened_at,
        waiting.due_at,
        cast({{ minutes_between('as_of.as_of_end_at', 'waiting.due_at') }} as double) as minutes_left,
        case
            when waiting.due_at is null then 'no_clock'
            when waiting.is_active_breach then 'overdue'
            else 'due'
        end as clock_code,
        cast(1 as bigint) as mention_count,
        cast(null as bigint) as previous_mention_count,
        cast(null as double) as mention_rate,
        cast(null as double) as previous_mention_rate,
        cast(null as double) as growth_z,
        case when waiting.subject_kind = 'voice' or blamed.voice_key is not null then waiting.subject_key end
            as evidence_voice_key,
        blamed.evidence_text,
        waiting.follower_count as reach_count,
        case
            when waiting.due_at is null then 0
            when waiting.is_active_breach then 1
            -- the nearer the end of the clock, the more urgent
            else least(greatest(
                1 - {{ minutes_between('as_of.as_of_end_at', 'waiting.due_at') }} / nullif(waiting.target_minutes, 0), 0
            ), 1)
        end as urgency,
        case
            when waiting.rating_share <= {{ var('action_severe_rating_at_most') }} then 1
            when waiting.follower_count >= {{ var('action_severe_followers_from') }} then 1
            when blamed.aspect_code in ('safety', 'hygiene') then 1
            else 0.5
        end as severity

    from waiting

    cross join as_of

    left join blamed
        on waiting.subject_key = blamed.voice_key

    left join aspects
        on blamed.aspect_code = aspects.aspect_code

),

---------- (b) the pain points that grew

grown as (

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
        -- no clock runs, but what grows fast does not wait
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

tutorials as (

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

alerts as (

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

---------- (e) what somebody promised and has not done

ledger as (

    select
        actions.*,
        {{ insight_of('actions') }} as bare_insight_ref

    from {{ ref('stg_actions') }} as actions

),

evident as (

    select * from to_answer
    union all
    select * from grown
    union all
    select * from tutorials
    union all
    select * from alerts

),

promised as (

    -- agreed on, not done, and no longer seen in the data: still owed
    select
        coalesce(ledger.insight_kind, 'other') as insight_kind,
        coalesce(ledger.bare_insight_ref, ledger.action_ref) as insight_ref,
        '完成已承诺的行动' as title_zh,
        'Finish what was promised' as title_en,
        cast(null as string) as brand_code,
        'all' as channel_code,
        'all' as product_key,
        cast(null as string) as aspect_code,
        cast(null as string) as theme_code,
        'ledger' as routed_aspect_code,
        'normal' as severity_code,
        min(ledger.created_at) as opened_at,
        min(ledger.due_at) as due_at,
        min({{ minutes_between('as_of.as_of_end_at', 'ledger.due_at') }}) as minutes_left,
        case when min(ledger.due_at) < max(as_of.as_of_end_at) then 'overdue' else 'due' end as clock_code,
        cast(0 as bigint) as mention_count,
        cast(null as bigint) as previous_mention_count,
        cast(null as double) as mention_rate,
        cast(null as double) as previous_mention_rate,
        cast(null as double) as growth_z,
        cast(null as string) as evidence_voice_key,
        cast(null as string) as evidence_text,
        cast(0 as bigint) as reach_count,
        case when min(ledger.due_at) < max(as_of.as_of_end_at) then 1 else 0 end as urgency,
        0.5 as severity

    from ledger

    cross join as_of

    left join evident
        on
            ledger.insight_kind = evident.insight_kind
            and ledger.bare_insight_ref = evident.insight_ref

    where
        ledger.done_at is null
        and evident.insight_ref is null

    group by
        coalesce(ledger.insight_kind, 'other'),
        coalesce(ledger.bare_insight_ref, ledger.action_ref)

),

proposals as (

    select * from evident
    union all
    select * from promised

),

---------- who does it, what became of it, and what comes first

routes as (

    select * from {{ ref('aspect_routing') }}

),

routed as (

    select
        proposals.*,
        coalesce(
            case when proposals.insight_kind = 'alert' then 'public_relations' end,
            own_route.department_code,
            any_route.department_code
        ) as department_code,
        case proposals.insight_kind
            when 'alert' then 'crisis_response'
            when 'tutorial' then 'write_tutorial'
            else coalesce(own_route.action_code, any_route.action_code)
        end as action_code

    from proposals

    left join routes as own_route
        on
            proposals.routed_aspect_code = own_route.aspect_code
            and proposals.severity_code = own_route.severity_code

    left join routes as any_route
        on
            any_route.aspect_code = 'all'
            and proposals.severity_code = any_route.severity_code

),

latest_action as (

    select * from ledger
    qualify row_number() over (
        partition by insight_kind, coalesce(bare_insight_ref, action_ref)
        order by created_at desc, record_key asc
    ) = 1

),

weights as (

    select
        sum(weight) filter (where component_code = 'urgency') / sum(weight) as urgency_weight,
        sum(weight) filter (where component_code = 'severity') / sum(weight) as severity_weight,
        sum(weight) filter (where component_code = 'size') / sum(weight) as size_weight,
        sum(weight) filter (where component_code = 'reach') / sum(weight) as reach_weight

    from {{ ref('action_priority_weights') }}

),

scored as (

    select
        *,
        -- a thousand voices, a million people: on a log scale, full from there
        least(ln(1 + mention_count) / ln(1001), 1) as size,
        least(ln(1 + reach_count) / ln(1000001), 1) as reach

    from routed

),

final as (

    select

        ---------- what
        scored.insight_kind || ':' || scored.insight_ref as action_id,
        scored.insight_kind,
        scored.insight_ref,
        scored.title_zh,
        scored.title_en,
        scored.brand_code,
        scored.channel_code,
        scored.product_key,
        scored.aspect_code,
        scored.theme_code,
        scored.severity_code,

        ---------- who
        coalesce(latest_action.department_code, scored.department_code) as department_code,
        departments.label_zh as department_label_zh,
        coalesce(latest_action.action_code, scored.action_code) as action_code,
        coalesce(action_codes.label_zh, latest_action.action_code) as action_label_zh,

        ---------- by when
        scored.opened_at,
        scored.due_at,
        scored.minutes_left,
        scored.clock_code,

        ---------- what became of it
        case
            when latest_action.record_key is null then 'proposed'
            when latest_action.done_at is not null then 'done'
            when latest_action.due_at < as_of.as_of_end_at then 'overdue'
            else 'open'
        end as status_code,
        latest_action.action_ref,
        latest_action.owner_ref,
        latest_action.due_at as action_due_at,
        latest_action.done_at as action_done_at,

        ---------- the evidence
        scored.mention_count,
        scored.previous_mention_count,
        scored.mention_rate,
        scored.previous_mention_rate,
        scored.growth_z,
        scored.evidence_voice_key,
        scored.evidence_text,

        ---------- what comes first
        cast(scored.urgency as double) as urgency,
        cast(scored.severity as double) as severity,
        cast(scored.size as double) as size,
        cast(scored.reach as double) as reach,
        cast(round(100 * (
            weights.urgency_weight * scored.urgency + weights.severity_weight * scored.severity
            + weights.size_weight * scored.size + weights.reach_weight * scored.reach
        ), 2) as double) as priority_score,
        as_of.as_of

    from scored

    cross join weights

    cross join as_of

    left join latest_action
        on
            scored.insight_kind = coalesce(latest_action.insight_kind, 'other')
            and scored.insight_ref = coalesce(latest_action.bare_insight_ref, latest_action.action_ref)

    left join {{ ref('departments') }} as departments
        on coalesce(latest_action.department_code, scored.department_code) = departments.department_code

    left join {{ ref('action_codes') }} as action_codes
        on coalesce(latest_action.action_code, scored.action_code) = action_codes.action_code

)

select * from final
