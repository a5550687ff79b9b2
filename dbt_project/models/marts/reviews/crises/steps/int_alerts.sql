-- Grain: one row per series, day and kind of test that stands out, with the brand's alert of the day.
{%- set gap = var('alert_episode_gap_days') %}

with

flagged_series as (

    select
        *,
        brand_code || '|' || cast(posted_on as string) as alert_key,
        {{ day_number('posted_on') }} as day_number

    from {{ ref('int_alert_tests') }}
    where q_value <= {{ var('alert_false_discovery_rate') }}

),

series_with_weight as (

    select
        *,
        -- a product with at least this share of the excess is the alert's product; one with less is not
        product_key is not null
        and observed_count - expected_count >= {{ var('alert_named_share') }} * max(
            observed_count - expected_count
        ) over (partition by alert_key, alert_kind) as is_main_product

    from flagged_series

),

-- one alert a brand and day, named by the surest of its series, one of a main product if there is any; a burst goes
-- before growth
series_with_rank as (

    select
        *,
        row_number() over (
            partition by alert_key
            order by
                alert_kind asc,
                case when is_main_product then 0 else 1 end asc,
                p_value asc,
                volume_z desc,
                series_key asc
        ) as series_rank

    from series_with_weight

),

brand_days as (

    select
        brand_code,
        day_number,
        product_key,
        case
            when day_number - lag(day_number) over (partition by brand_code order by day_number) <= {{ gap }} then 0
            else 1
        end as is_start

    from series_with_rank
    where series_rank = 1

),

runs as (

    select
        *,
        sum(is_start) over (partition by brand_code order by day_number) as run_number,
        count(product_key) over (partition by brand_code order by day_number) as known_count

    from brand_days

),

-- a day on which only the brand as a whole stands out belongs to the product named last, else to the next that is
named_days as (

    select
        brand_code,
        day_number,
        coalesce(
            product_key,
            max(product_key) over (partition by brand_code, run_number, known_count),
            min(product_key) over (
                partition by brand_code, run_number
                order by known_count range between 1 following and 1 following
            )
        ) as episode_product_key

    from runs

),

series_with_episode as (

    select
        series_with_rank.*,
        coalesce(series_with_rank.product_key, named_days.episode_product_key) as episode_product_key

    from series_with_rank

    inner join named_days
        on
            series_with_rank.brand_code = named_days.brand_code
            and series_with_rank.day_number = named_days.day_number

),

product_days as (

    select distinct
        brand_code,
        episode_product_key,
        posted_on,
        day_number
    from series_with_episode

),

days_with_start as (

    select
        *,
        case
            when
                day_number - lag(day_number) over (
                    partition by brand_code, episode_product_key order by day_number
                ) <= {{ gap }}
                then null
            else posted_on
        end as start_on

    from product_days

),

episodes as (

    select
        brand_code,
        episode_product_key,
        day_number,
        max(start_on) over (partition by brand_code, episode_product_key order by day_number) as start_on

    from days_with_start

),

final as (

    select
        series_with_episode.alert_key,
        series_with_episode.series_rank,
        episodes.brand_code || '|' || coalesce(episodes.episode_product_key, '*')
        || '|' || cast(episodes.start_on as string) as episode_key,
        series_with_episode.episode_product_key,
        series_with_episode.alert_kind,
        series_with_episode.level_code,
        series_with_episode.series_key,
        series_with_episode.brand_code,
        series_with_episode.product_key,
        series_with_episode.channel_code,
        series_with_episode.aspect_code,
        series_with_episode.posted_on as alert_date,
        -- the days whose voices it is about
        case series_with_episode.alert_kind
            when 'growth' then cast(series_with_episode.posted_on - interval '6 days' as date)
            else series_with_episode.posted_on
        end as heard_from,
        series_with_episode.has_history,
        series_with_episode.day_count,
        series_with_episode.observed_count,
        series_with_episode.expected_count,
        series_with_episode.daily_level,
        series_with_episode.weekday_factor,
        series_with_episode.dispersion,
        series_with_episode.voice_count,
        series_with_episode.negative_share,
        series_with_episode.usual_negative_share,
        series_with_episode.volume_z,
        series_with_episode.p_value,
        series_with_episode.q_value,
        series_with_episode.tested_series_count

    from series_with_episode

    inner join episodes
        on
            series_with_episode.brand_code = episodes.brand_code
            and series_with_episode.episode_product_key is not distinct from episodes.episode_product_key
            and series_with_episode.day_number = episodes.day_number

)

select * from final
