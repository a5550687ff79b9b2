-- Grain: one row per series and day that stands out, under the brand's alert of the day.
with

final as (

    select
        alert_key,
        episode_key,
        alert_kind,
        level_code,
        series_key,
        alert_date,
        brand_code,
        product_key,
        channel_code,
        aspect_code,
        series_rank = 1 as is_strongest,
        observed_count,
        expected_count,
        daily_level,
        weekday_factor,
        dispersion,
        voice_count,
        negative_share,
        usual_negative_share,
        volume_z,
        p_value,
        q_value,
        tested_series_count,
        day_count as history_day_count

    from {{ ref('int_alerts') }}

)

select * from final
