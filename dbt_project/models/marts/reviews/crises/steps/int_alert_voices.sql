-- Grain: one row per alert and negative voice that it is about.
with

alerts as (

    select * from {{ ref('int_alerts') }}
    where series_rank = 1

),

voices as (

    select
        voices.voice_key,
        voices.brand_code,
        voices.product_key,
        voices.channel_code,
        voices.posted_at,
        cast(voices.posted_at as date) as posted_on,
        voices.text_sha256,
        voices.follower_count,
        voices.is_negative

    from {{ ref('fct_voices') }} as voices
    where
        {{ is_heard('voices') }}
        and voices.brand_code in (select alerts.brand_code from alerts)

),

aspects as (

    select * from {{ ref('fct_voice_aspects') }}

),

alert_matches as (

    select
        alerts.alert_key,
        alerts.alert_date,
        voices.voice_key,
        voices.channel_code,
        voices.posted_at,
        voices.text_sha256,
        voices.follower_count,
        voices.is_negative,
        -- the alert's channel decides what is shown; how far it has spread is asked of all channels
        coalesce(voices.channel_code = alerts.channel_code, true) as is_in_channel

    from alerts

    inner join voices
        on
            alerts.brand_code = voices.brand_code
            and alerts.heard_from <= voices.posted_on
            and alerts.alert_date >= voices.posted_on
            and coalesce(alerts.product_key, voices.product_key, '') = coalesce(voices.product_key, '')

    left join aspects
        on
            voices.voice_key = aspects.voice_key
            and alerts.aspect_code = aspects.aspect_code

    where
        {{ is_complaint('aspects', 'voices') }}
        or (alerts.aspect_code is null and voices.is_negative)

),

engagement as (

    select
        alert_matches.alert_key,
        alert_matches.voice_key,
        max(engagement.impression_count) as impression_count

    from alert_matches

    inner join {{ ref('fct_engagement') }} as engagement
        on
            alert_matches.voice_key = engagement.subject_key
            -- as it was known on the day of the alert
            and alert_matches.alert_date >= engagement.measured_on

    group by
        alert_matches.alert_key,
        alert_matches.voice_key

),

final as (

    select
        alert_matches.alert_key,
        alert_matches.voice_key,
        alert_matches.channel_code,
        alert_matches.is_in_channel,
        alert_matches.is_negative,
        alert_matches.posted_at,
        alert_matches.text_sha256,
        -- who may have read it: as measured, else who follows the author
        cast(coalesce(engagement.impression_count, alert_matches.follower_count, 0) as bigint) as reach_count

    from alert_matches

    left join engagement
        on
            alert_matches.alert_key = engagement.alert_key
            and alert_matches.voice_key = engagement.voice_key

)

select * from final
