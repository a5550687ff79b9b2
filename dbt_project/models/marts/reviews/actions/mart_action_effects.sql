-- Grain: one row per action that was done about an aspect or a theme.
with

as_of as (

    select * from {{ ref('stg_as_of') }}

),

actions as (

    select
        actions.record_key as action_key,
        actions.action_ref,
        actions.insight_kind,
        {{ insight_of('actions') }} as insight_ref,
        actions.department_code,
        actions.action_code,
        cast(actions.done_at as date) as done_on

    from {{ ref('stg_actions') }} as actions
    where
        actions.done_at is not null
        and actions.insight_kind in ('aspect', 'theme', 'tutorial')

),

actions_with_topic as (

    -- logistics, or logistics@crm:P003 for one product
    select
        *,
        case
            when position('@' in insight_ref) > 0 then substring(insight_ref, 1, position('@' in insight_ref) - 1)
            else insight_ref
        end as topic_code,
        case
            when position('@' in insight_ref) > 0 then substring(insight_ref, position('@' in insight_ref) + 1)
            else 'all'
        end as product_key

    from actions

),

first_voice as (

    select cast(min(posted_at) as date) as first_on
    from {{ ref('fct_voices') }}
    where is_own_brand

),

windows as (

    -- equal windows on both sides; the day itself belongs to neither
    select
        actions_with_topic.*,
        actions_with_topic.done_on - {{ var('action_effect_days') }} as before_start,
        actions_with_topic.done_on + {{ var('action_effect_days') }} as after_end,
        actions_with_topic.done_on + {{ var('action_effect_days') }} <= as_of.as_of
        and actions_with_topic.done_on - {{ var('action_effect_days') }} >= first_voice.first_on as is_complete

    from actions_with_topic

    cross join as_of

    cross join first_voice

),

voices as (

    select
        windows.action_key,
        count(*) filter (where cast(voices.posted_at as date) < windows.done_on) as before_voice_count,
        count(*) filter (where cast(voices.posted_at as date) > windows.done_on) as after_voice_count

    from windows

    inner join {{ ref('fct_voices') }} as voices
        on
            cast(voices.posted_at as date) >= windows.before_start
            and cast(voices.posted_at as date) <= windows.after_end
            and windows.product_key in ('all', voices.product_key)

    where
        voices.is_own_brand
        and voices.is_original
        and coalesce(voices.author_kind, 'user') <> 'employee'

    group by windows.action_key

),

complaints as (

    select
        windows.action_key,
        complaints.topic_kind,
        complaints.topic_code,
        complaints.topic_code = windows.topic_code as is_treated,
        count(*) filter (where cast(complaints.posted_at as date) < windows.done_on) as before_count,
        count(*) filter (where cast(complaints.posted_at as date) > windows.done_on) as after_count

    from windows

    inner join {{ ref('int_pain_points') }} as complaints
        on
            cast(complaints.posted_at as date) >= windows.before_start
            and cast(complaints.posted_at as date) <= windows.after_end
            and windows.product_key in ('all', complaints.product_key)

    group by all

),

treated_topics as (

    select * from complaints
    where is_treated

),

-- what the treated topic would have done: other topics of its kind, those that an action touched meanwhile left out
controls as (

    select
        complaints.action_key,
        count(*) as control_count,
        round(avg(complaints.before_count / nullif(voices.before_voice_count, 0)), 9) as before_rate,
        round(avg(complaints.after_count / nullif(voices.after_voice_count, 0)), 9) as after_rate,
        sum(
            {{ share_variance('complaints.before_count', 'voices.before_voice_count') }}
            + {{ share_variance('complaints.after_count', 'voices.after_voice_count') }}
        ) / power(count(*), 2) as variance

    from complaints

    inner join treated_topics
        on
            complaints.action_key = treated_topics.action_key
            and complaints.topic_kind = treated_topics.topic_kind

    inner join windows
        on complaints.action_key = windows.action_key

    inner join voices
        on complaints.action_key = voices.action_key

    left join actions_with_topic as others
        on
            complaints.topic_code = others.topic_code
            and windows.before_start < others.done_on
            and windows.after_end > others.done_on

    where
        not complaints.is_treated
        and others.action_key is null
        and complaints.before_count + complaints.after_count >= {{ var('action_fewest_mentions') }}

    group by complaints.action_key

),

actions_with_counts as (

    select
        windows.*,
        voices.before_voice_count,
        voices.after_voice_count,
        coalesce(treated_topics.before_count, 0) as before_count,
        coalesce(treated_topics.after_count, 0) as after_count,
        coalesce(treated_topics.before_count, 0) / nullif(voices.before_voice_count, 0) as before_rate,
        coalesce(treated_topics.after_count, 0) / nullif(voices.after_voice_count, 0) as after_rate,
        coalesce(controls.control_count, 0) as control_count,
        controls.before_rate as control_before_rate,
        controls.after_rate as control_after_rate,
        {{ share_variance('coalesce(treated_topics.before_count, 0)', 'voices.before_voice_count') }}
        + {{ share_variance('coalesce(treated_topics.after_count, 0)', 'voices.after_voice_count') }}
        + controls.variance as variance

    from windows

    left join voices
        on windows.action_key = voices.action_key

    left join treated_topics
        on windows.action_key = treated_topics.action_key

    left join controls
        on windows.action_key = controls.action_key

),

differences as (

    select
        *,
        -- rounded, for the order in which an engine adds up shows in the last digits
        round((after_rate - before_rate) - (control_after_rate - control_before_rate), 9) as difference,
        round(1.96 * sqrt(variance), 9) as margin

    from actions_with_counts

),

final as (

    select
        action_key,
        action_ref,
        insight_kind,
        insight_ref,
        topic_code,
        product_key,
        department_code,
        action_code,
        done_on,
        cast({{ var('action_effect_days') }} as integer) as window_days,
        is_complete,
        {% for column in [
            'before_voice_count', 'after_voice_count', 'before_count', 'after_count', 'before_rate', 'after_rate',
            'control_count', 'control_before_rate', 'control_after_rate'
        ] -%}
        case when is_complete then {{ column }} end as {{ column }},
        {% endfor -%}
        case when is_complete then difference end as difference_in_differences,
        case when is_complete then difference - margin end as difference_low,
        case when is_complete then difference + margin end as difference_high,
        case
            when not is_complete then 'waiting'
            when difference is null then 'no_control'
            when difference + margin < 0 then 'fell'
            when difference - margin > 0 then 'rose'
            else 'no_evidence'
        end as verdict_code

    from differences

)

select * from final
