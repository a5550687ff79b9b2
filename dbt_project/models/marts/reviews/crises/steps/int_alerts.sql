-- Grain: one row per series, day and kind of test that stands out, with the brand's alert of the day.
{%- set gap = var('alert_episode_gap_days') %}

with

flagged as (

    select
        *,
        brand_code || '|' || cast(posted_on as string) as alert_key,
        {{ day_number('posted_on') }} as day_number

    from {{ ref('int_alert_tests') }}
    where q_value <= {{ var('alert_false_discovery_rate') }}

),

weighed as (

    select
        *,
        -- a product that holds a good part of what is too much is the trouble; one that holds little is beside it
        product_key is not null
        and observed_count - expected_count >= {{ var('alert_named_share') }} * max(
            observed_count - expected_count
        ) over (partition by alert_key, alert_kind) as is_main_product

    from flagged

),

-- one alert a brand and day, named by the surest of its series, one of a main product if there is any; a burst goes
-- before growth
ranked as (

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

    from weighed

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

    from ranked
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
named as (

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

placed as (

    select
        ranked.*,
        coalesce(ranked.product_key, named.episode_product_key) as episode_product_key

    from ranked

    inner join named
        on
            ranked.brand_code = named.brand_code
            and ranked.day_number = named.day_number

),

product_days as (

    select distinct
        brand_code,
        episode_product_key,
        posted_on,
        day_number
    from placed

),

started as (

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

    from started

),

final as (

    select
        placed.alert_key,
        placed.series_rank,
        episodes.brand_code || '|' || coalesce(episodes.episode_product_key, '*')
        || '|' || cast(episodes.start_on as string) as episode_key,
        placed.episode_product_key,
        placed.alert_kind,
        placed.level_code,
        placed.series_key,
        placed.brand_code,
        placed.product_key,
        placed.channel_code,
        placed.aspect_code,
        placed.posted_on as alert_date,
        -- the days whose voices it is about
        case placed.alert_kind
            when 'growth' then cast(placed.posted_on - interval '6 days' as date)
            else placed.posted_on
        end as heard_from,
        placed.has_history,
        placed.day_count,
        placed.observed_count,
        placed.expected_count,
        placed.daily_level,
        placed.weekday_factor,
        placed.dispersion,
        placed.voice_count,
        placed.negative_share,
        placed.usual_negative_share,
        placed.volume_z,
        placed.p_value,
        placed.q_value,
        placed.tested_series_count

    from placed

    inner join episodes
        on
            placed.brand_code = episodes.brand_code
            and placed.episode_product_key is not distinct from episodes.episode_product_key
            and placed.day_number = episodes.day_number

)

select * from final
