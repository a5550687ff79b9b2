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

spread as (

    -- as many channels as would share the voices equally (the inverse of Simpson's concentration)
    select
        alert_key,
        cast(count(*) as bigint) as channel_count,
        cast(power(sum(voice_count), 2) / sum(power(voice_count, 2)) as double) as channel_spread

    from channels
    group by alert_key

),

reached as (

    select
        alert_key,
        cast(sum(reach_count) as bigint) as reach_count,
        min(posted_at) as first_voice_at

    from voices
    where is_in_channel
    group by alert_key

),

measured as (

    select
        alerts.*,
        series.series_count,
        greatest(alerts.negative_share - alerts.usual_negative_share, 0) as negative_share_excess,
        coalesce(reached.reach_count, 0) as reach_count,
        reached.first_voice_at,
        coalesce(spread.channel_count, 0) as channel_count,
        coalesce(spread.channel_spread, 0) as channel_spread

    from alerts

    inner join series
        on alerts.alert_key = series.alert_key

    left join reached
        on alerts.alert_key = reached.alert_key

    left join spread
        on alerts.alert_key = spread.alert_key

),

weights as (

    select * from {{ ref('alert_severity_weights') }}

),

components as (

    select
        measured.alert_key,
        weights.component_code,
        weights.weight,
        case weights.component_code
            when 'volume_z' then measured.volume_z
            when 'negative_share' then measured.negative_share_excess
            when 'reach' then measured.reach_count
            when 'channel_spread' then measured.channel_spread
        end as component_value,
        weights.full_at,
        weights.scale_code

    from measured

    cross join weights

),

scored as (

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

judged as (

    select
        alert_key,
        cast(round(sum(weight * score) / sum(weight), 9) as double) as severity,
        cast(max(case when component_code = 'volume_z' then score end) as double) as severity_volume,
        cast(max(case when component_code = 'negative_share' then score end) as double) as severity_share,
        cast(max(case when component_code = 'reach' then score end) as double) as severity_reach,
        cast(max(case when component_code = 'channel_spread' then score end) as double) as severity_spread

    from scored
    group by alert_key

),

final as (

    select
        measured.alert_key,
        measured.alert_date,
        measured.brand_code,
        measured.channel_code,
        measured.product_key,
        measured.aspect_code,
        measured.alert_kind,
        measured.level_code,
        measured.episode_key,
        row_number() over (partition by measured.episode_key order by measured.alert_date) = 1 as is_first_of_episode,
        judged.severity,
        case
            when judged.severity >= {{ var('alert_severity_high_from') }} then 'high'
            when judged.severity >= {{ var('alert_severity_medium_from') }} then 'medium'
            else 'low'
        end as severity_code,
        measured.volume_z,
        measured.negative_share,
        measured.usual_negative_share,
        measured.negative_share_excess,
        measured.reach_count,
        measured.channel_count,
        measured.channel_spread,
        judged.severity_volume,
        judged.severity_share,
        judged.severity_reach,
        judged.severity_spread,
        measured.observed_count,
        measured.expected_count,
        measured.daily_level,
        measured.weekday_factor,
        measured.dispersion,
        measured.voice_count,
        measured.p_value,
        measured.q_value,
        measured.series_count,
        measured.tested_series_count,
        measured.day_count as history_day_count,
        measured.first_voice_at

    from measured

    inner join judged
        on measured.alert_key = judged.alert_key

)

select * from final
