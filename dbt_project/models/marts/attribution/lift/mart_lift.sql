-- Grain: one row per campaign or topic, metric and period (during, after).
with

lifts as (

    select * from {{ ref('int_lifts') }}

),

estimates as (

    select * from {{ ref('int_lift_estimates') }}

),

-- the days differ between metrics; within a metric the controls are the same
lift_metrics as (

    select
        lift_code,
        metric_code,
        max(control_count) as control_count,
        max(control_codes) as control_codes,
        bool_and(is_control_clean) as is_control_clean,
        max(data_first_on) as data_first_on,
        max(data_last_on) as data_last_on

    from {{ ref('int_lift_days') }}
    group by lift_code, metric_code

),

---------- exposure: the topics of the lift, by platform

topics_of_lift as (

    select distinct
        lifts.lift_code,
        contents.topic_ref

    from lifts

    inner join {{ ref('int_touch_subjects') }} as contents
        on
            lifts.campaign_key = contents.campaign_key
            and contents.subject_kind = 'content'

    where contents.topic_ref is not null

    union

    select
        lift_code,
        topic_ref

    from lifts
    where topic_ref is not null

),

periods as (

    select
        lift_code,
        'during' as period_code,
        starts_on as period_start,
        ends_on as period_end

    from lifts

    union all

    select
        lift_code,
        'after' as period_code,
        {{ plus_days('ends_on', 1) }} as period_start,
        after_end as period_end

    from lifts
    where after_end > ends_on

),

topic_gains as (

    -- running totals: what a period gained is its last total less the last one before it, or its first
    select
        periods.lift_code,
        periods.period_code,
        topics.channel_code,
        topics.topic_ref,
        max_by(topics.impression_count, topics.measured_on) - coalesce(
            max_by(topics.impression_count, topics.measured_on)
            filter (where topics.measured_on < periods.period_start),
            min_by(topics.impression_count, topics.measured_on)
        ) as impression_count,
        max_by(topics.participant_count, topics.measured_on) - coalesce(
            max_by(topics.participant_count, topics.measured_on)
            filter (where topics.measured_on < periods.period_start),
            min_by(topics.participant_count, topics.measured_on)
        ) as participant_count

    from periods

    inner join topics_of_lift
        on periods.lift_code = topics_of_lift.lift_code

    inner join {{ ref('stg_topics') }} as topics
        on
            topics_of_lift.topic_ref = topics.topic_ref
            and periods.period_end >= topics.measured_on

    group by periods.lift_code, periods.period_code, topics.channel_code, topics.topic_ref

),

exposure as (

    select
        lift_code,
        period_code,
        count(distinct channel_code) as platform_count,
        -- a counter that the platform reset gained nothing
        cast(sum(greatest(impression_count, 0)) as bigint) as impressions_sum,
        cast(max(greatest(participant_count, 0)) as bigint) as participants_at_least,
        cast(sum(greatest(participant_count, 0)) as bigint) as participants_at_most

    from topic_gains
    group by lift_code, period_code

),

lifts_by_period as (

    select
        lifts.*,
        lift_metrics.metric_code,
        periods.period_code,
        periods.period_start,
        periods.period_end,
        lift_metrics.control_count,
        lift_metrics.control_codes as compared_codes,
        lift_metrics.is_control_clean,
        greatest(lifts.before_start, lift_metrics.data_first_on) as covered_from,
        periods.period_end <= lift_metrics.data_last_on as is_over,
        estimates.before_days,
        estimates.period_days,
        estimates.treated_before,
        estimates.treated_period,
        estimates.control_before,
        estimates.control_period,
        estimates.treated_before_per_day,
        estimates.treated_period_per_day,
        estimates.expected_per_day,
        estimates.treated_period_per_day - estimates.expected_per_day as difference,
        estimates.margin_of_difference,
        estimates.log_lift,
        estimates.margin_of_log,
        estimates.lag_days,
        estimates.pre_trend_slope,
        estimates.pre_trend_margin,
        exposure.platform_count,
        exposure.impressions_sum,
        exposure.participants_at_least,
        exposure.participants_at_most

    from lifts

    inner join periods
        on lifts.lift_code = periods.lift_code

    inner join lift_metrics
        on lifts.lift_code = lift_metrics.lift_code

    left join estimates
        on
            lifts.lift_code = estimates.lift_code
            and lift_metrics.metric_code = estimates.metric_code
            and periods.period_code = estimates.period_code

    left join exposure
        on
            lifts.lift_code = exposure.lift_code
            and periods.period_code = exposure.period_code

),

lifts_with_verdict as (

    select
        *,
        case
            when coalesce(before_days, 0) < {{ var('lift_fewest_days_before') }} then 'no_before'
            when not is_over then 'waiting'
            when control_count = 0 then 'no_control'
            when
                period_days < {{ var('lift_fewest_days') }}
                or least(treated_before, control_before, control_period) < {{ var('lift_fewest_events') }}
                or margin_of_log is null
                then 'too_few'
            when coalesce(abs(pre_trend_slope) > pre_trend_margin, true) then 'not_parallel'
            when log_lift - margin_of_log > 0 then 'lift'
            when log_lift + margin_of_log < 0 then 'drop'
            else 'no_evidence'
        end as verdict_code

    from lifts_by_period

),

final as (

    select

        ---------- keys
        lift_code,
        metric_code,
        period_code,
        campaign_key,
        topic_ref,

        ---------- what, when and against what
        lift_name,
        is_stated,
        treated_kind,
        treated_code,
        compared_codes as control_codes,
        cast(coalesce(control_count, 0) as bigint) as control_count,
        is_control_clean,
        least(covered_from, starts_on) as before_start,
        {{ plus_days('starts_on', '-1') }} as before_end,
        period_start,
        period_end,
        cast(before_days as bigint) as before_days,
        cast(period_days as bigint) as period_days,

        ---------- what was counted
        treated_before,
        treated_period,
        control_before,
        control_period,
        round(treated_before_per_day, 6) as treated_before_per_day,
        round(treated_period_per_day, 6) as treated_period_per_day,

        ---------- the lift, twice; nothing is said of a window that is not whole or has too little in it
        {% set is_said = "verdict_code in ('lift', 'drop', 'no_evidence', 'not_parallel')" -%}
        {% for name, value in [
            ('expected_per_day', 'expected_per_day'),
            ('lift_per_day', 'difference'),
            ('lift_per_day_low', 'difference - margin_of_difference'),
            ('lift_per_day_high', 'difference + margin_of_difference'),
            ('lift_total', 'difference * period_days'),
            ('lift_share', 'exp(log_lift) - 1'),
            ('lift_share_low', 'exp(log_lift - margin_of_log) - 1'),
            ('lift_share_high', 'exp(log_lift + margin_of_log) - 1'),
            ('pre_trend_slope', 'pre_trend_slope'),
            ('pre_trend_slope_low', 'pre_trend_slope - pre_trend_margin'),
            ('pre_trend_slope_high', 'pre_trend_slope + pre_trend_margin'),
        ] -%}
        case when {{ is_said }} then round({{ value }}, 6) end as {{ name }},
        {% endfor -%}
        case when {{ is_said }} then verdict_code <> 'not_parallel' end as is_pre_trend_parallel,
        lag_days,

        ---------- exposure
        cast(coalesce(platform_count, 0) as bigint) as exposure_platform_count,
        impressions_sum as exposure_impressions_sum,
        participants_at_least as exposure_participants_at_least,
        participants_at_most as exposure_participants_at_most,

        verdict_code

    from lifts_with_verdict

)

select * from final
