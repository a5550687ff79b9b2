-- Grain: one row per episode: alerts of one brand and product on days that follow each other.
with

series as (

    select * from {{ ref('int_alerts') }}

),

alerts as (

    select * from {{ ref('mart_alerts') }}

),

-- the surest of all its series names the episode
strongest_alerts as (

    select
        episode_key,
        brand_code,
        episode_product_key as product_key,
        aspect_code,
        channel_code,
        alert_kind,
        observed_count as peak_count,
        alert_date as peak_date,
        volume_z as peak_volume_z

    from series
    qualify row_number() over (
        partition by episode_key order by p_value asc, volume_z desc, alert_date asc, series_key asc
    ) = 1

),

days as (

    select
        episode_key,
        min(alert_date) as first_alert_date,
        max(alert_date) as last_alert_date,
        cast(count(distinct alert_date) as bigint) as alert_day_count,
        bool_or(alert_kind = 'burst') as has_burst,
        bool_or(alert_kind = 'growth') as has_growth

    from series
    group by episode_key

),

-- an episode that was not its brand's strongest on any day has no severity of its own
peaks as (

    select
        episode_key,
        max(severity) as peak_severity,
        min(first_voice_at) as first_voice_at

    from alerts
    group by episode_key

),

final as (

    select
        strongest_alerts.episode_key,
        strongest_alerts.brand_code,
        strongest_alerts.product_key,
        strongest_alerts.aspect_code,
        strongest_alerts.channel_code,
        strongest_alerts.alert_kind,
        days.first_alert_date,
        days.last_alert_date,
        days.alert_day_count,
        days.has_burst,
        days.has_growth,
        strongest_alerts.peak_date,
        strongest_alerts.peak_count,
        strongest_alerts.peak_volume_z,
        peaks.peak_severity,
        peaks.first_voice_at

    from strongest_alerts

    inner join days
        on strongest_alerts.episode_key = days.episode_key

    left join peaks
        on strongest_alerts.episode_key = peaks.episode_key

)

select * from final
