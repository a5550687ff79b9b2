-- Grain: one row per brand and day with an alert.
with

alerts as (

    select * from {{ ref('int_alerts') }}
    where series_rank = 1

),

series as (

    select
        alert_key,
        cast(count(*) as bigint) as series_count

    from {{ ref('int_alerts') }}
    group by alert_key

),

voices as (

    select * from {{ ref('int_alert_voices') }}

),

channels as (

    select
        alert_key,
        channel_code,
        count(*) as voice_count

    from voices
    group by
        alert_key,
        channel_code

),

channel_spreads as (

    -- as many channels as would share the voices equally (the inverse of Simpson's concentration)
    select
        alert_key,
        cast(count(*) as bigint) as channel_count,
        cast(power(sum(voice_count), 2) / sum(power(voice_count, 2)) as double) as channel_spread

    from channels
    group by alert_key

),

alert_reach as (

    select
        alert_key,
        cast(sum(reach_count) as bigint) as reach_count,
        min(posted_at) as first_voice_at

    from voices
    where is_in_channel
    group by alert_key

),

alert_measures as (

    select
        alerts.*,
        series.series_count,
        greatest(alerts.negative_share - alerts.usual_negative_share, 0) as negative_share_excess,
        coalesce(alert_reach.reach_count, 0) as reach_count,
        alert_reach.first_voice_at,
        coalesce(channel_spreads.channel_count, 0) as channel_count,
        coalesce(channel_spreads.channel_spread, 0) as channel_spread

    from alerts

    inner join series
        on alerts.alert_key = series.alert_key

    left join alert_reach
        on alerts.alert_key = alert_reach.alert_key

    left join channel_spreads
        on alerts.alert_key = channel_spreads.alert_key

),

weights as (

    select * from {{ ref('alert_severity_weights') }}

),

components as (

    select
        alert_measures.alert_key,
        weights.component_code,
        weights.weight,
        case weights.component_code
            when 'volume_z' then alert_measures.volume_z
            when 'negative_share' then alert_measures.negative_share_excess
            when 'reach' then alert_measures.reach_count
            when 'channel_spread' then alert_measures.channel_spread
        end as component_value,
        weights.full_at,
        weights.scale_code

    from alert_measures

    cross join weights

),

component_scores as (

    select
        alert_key,
        component_code,
        weight,
        greatest(
            0,
            least(
                1,
                case scale_code
                    when 'log' then ln(1 + component_value) / ln(1 + full_at)
                    else component_value / full_at
                end
            )
        ) as score

    from components

),

alert_severities as (

    select
        alert_key,
        cast(round(sum(weight * score) / sum(weight), 9) as double) as severity,
        cast(max(case when component_code = 'volume_z' then score end) as double) as severity_volume,
        cast(max(case when component_code = 'negative_share' then score end) as double) as severity_share,
        cast(max(case when component_code = 'reach' then score end) as double) as severity_reach,
        cast(max(case when component_code = 'channel_spread' then score end) as double) as severity_spread

    from component_scores
    group by alert_key

),

final as (

    select
        alert_measures.alert_key,
        alert_measures.alert_date,
        alert_measures.brand_code,
        alert_measures.channel_code,
        alert_measures.product_key,
        alert_measures.aspect_code,
        alert_measures.alert_kind,
        alert_measures.level_code,
        alert_measures.episode_key,
        row_number() over (partition by alert_measures.episode_key order by alert_measures.alert_date) = 1
            as is_first_of_episode,
        alert_severities.severity,
        case
            when alert_severities.severity >= {{ var('alert_severity_high_from') }} then 'high'
            when alert_severities.severity >= {{ var('alert_severity_medium_from') }} then 'medium'
            else 'low'
        end as severity_code,
        alert_measures.volume_z,
        alert_measures.negative_share,
        alert_measures.usual_negative_share,
        alert_measures.negative_share_excess,
        alert_measures.reach_count,
        alert_measures.channel_count,
        alert_measures.channel_spread,
        alert_severities.severity_volume,
        alert_severities.severity_share,
        alert_severities.severity_reach,
        alert_severities.severity_spread,
        alert_measures.observed_count,
        alert_measures.expected_count,
        alert_measures.daily_level,
        alert_measures.weekday_factor,
        alert_measures.dispersion,
        alert_measures.voice_count,
        alert_measures.p_value,
        alert_measures.q_value,
        alert_measures.series_count,
        alert_measures.tested_series_count,
        alert_measures.day_count as history_day_count,
        alert_measures.first_voice_at

    from alert_measures

    inner join alert_severities
        on alert_measures.alert_key = alert_severities.alert_key

)

select * from final
