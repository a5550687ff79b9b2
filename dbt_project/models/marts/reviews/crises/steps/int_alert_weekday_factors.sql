-- Grain: one row per brand, or brand and channel, day that is judged, and weekday.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='posted_on') }}

{#-
    What is usual on a weekday, against the average of the week, in the days before the one that is judged. The four
    same weekdays of one series are too few to tell, so all series of a brand share its factors, and a channel's
    (a service desk rests on Sundays, a platform does not) start from the brand's. The median of the same weekdays is
    taken, so that one bad Sunday does not make bad Sundays usual.

    Medians of four differ by chance alone. As much of their variance as that chance explains is taken out, by
    drawing all seven to 1 (the positive-part estimator of James and Stein, 1961); the chance is measured by the
    distances of the days from their weekday's median.
-#}
{%- set window = var('alert_window_days') %}

with

affected as (

    {{ affected_keys([affected_alert_days()], key_type='date') }}

),

days as (

    select
        brand_code,
        channel_code,
        series_key,
        posted_on,
        day_number,
        negative_count,
        min(day_number) over (
            partition by series_key order by day_number range between {{ window }} preceding and current row
        ) as first_day_number

    from {{ ref('int_alert_series_days') }}
    where
        level_code in ('brand', 'brand_channel')
        and {{ is_in_alert_horizon('day_number') }}

),

weekdays as (

    {% for weekday in range(7) %}
    select cast({{ weekday }} as bigint) as weekday
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}

),

days_with_weekday as (

    select
        days.brand_code,
        days.channel_code,
        days.series_key,
        days.posted_on,
        days.day_number,
        weekdays.weekday,
        least({{ window }}, days.day_number - days.first_day_number) as day_count,
        -- how many days before the judged one this weekday was last
        (days.day_number - weekdays.weekday + 6) % 7 + 1 as latest_lag

    from days

    cross join weekdays

    where {{ is_affected('days.posted_on') }}

),

days_back as (

    select
        *,
        case when day_count < latest_lag then 0 else (day_count - latest_lag) // 7 + 1 end as weekday_count

    from days_with_weekday

),

count_ranks as (

    -- days without a negative voice have no row and rank before all others
    select
        days_back.series_key,
        days_back.day_number,
        days_back.weekday,
        days_back.weekday_count,
        days.negative_count,
        days_back.weekday_count - count(*) over (
            partition by days_back.series_key, days_back.day_number, days_back.weekday
        ) as silent_count,
        row_number() over (
            partition by days_back.series_key, days_back.day_number, days_back.weekday
            order by days.negative_count
        ) as count_rank

    from days_back

    inner join days
        on
            days_back.series_key = days.series_key
            and days_back.day_number - days_back.day_count <= days.day_number
            and days_back.day_number > days.day_number
            and days_back.weekday = days.day_number % 7

    where days_back.day_count >= {{ var('alert_weekday_minimum_days') }}

),

medians as (

    select
        series_key,
        day_number,
        weekday,
        -- the two middle ranks are one and the same when the number is odd
        sum(
            case when silent_count + count_rank = (weekday_count + 1) // 2 then negative_count / 2.0 else 0 end
            + case when silent_count + count_rank = (weekday_count + 2) // 2 then negative_count / 2.0 else 0 end
        ) as median_count

    from count_ranks
    group by
        series_key,
        day_number,
        weekday

),

distances as (

    select
        count_ranks.series_key,
        count_ranks.day_number,
        sum(abs(count_ranks.negative_count - medians.median_count)) as heard_distance,
        -- the days of a weekday without negative voices lie as far below the median as the median is above 0
        sum(case when count_ranks.count_rank = 1 then count_ranks.silent_count * medians.median_count else 0 end)
            as silent_distance

    from count_ranks

    inner join medians
        on
            count_ranks.series_key = medians.series_key
            and count_ranks.day_number = medians.day_number
            and count_ranks.weekday = medians.weekday

    group by
        count_ranks.series_key,
        count_ranks.day_number

),

own_factors as (

    select
        days_back.brand_code,
        days_back.channel_code,
        days_back.series_key,
        days_back.posted_on,
        days_back.day_number,
        days_back.weekday,
        coalesce(medians.median_count, 0) / nullif(
            avg(coalesce(medians.median_count, 0)) over (partition by days_back.series_key, days_back.day_number), 0
        ) as own_factor,
        -- .663 is the mean distance of four standard normal values from their median, pi / 2 / n the variance of
        -- the median of n of them
        power((distances.heard_distance + distances.silent_distance) / days_back.day_count / 0.663, 2)
        * pi() / 2 * 7 / days_back.day_count
        / nullif(
            power(
                avg(coalesce(medians.median_count, 0)) over (partition by days_back.series_key, days_back.day_number), 2
            ),
            0
        ) as chance_variance

    from days_back

    left join medians
        on
            days_back.series_key = medians.series_key
            and days_back.day_number = medians.day_number
            and days_back.weekday = medians.weekday

    left join distances
        on
            days_back.series_key = distances.series_key
            and days_back.day_number = distances.day_number

),

brand_factors as (

    select
        brand_code,
        posted_on,
        day_number,
        weekday,
        1 + (own_factor - 1) * greatest(
            1 - chance_variance / nullif(
                sum(power(own_factor - 1, 2)) over (partition by brand_code, day_number) / 6, 0
            ),
            0
        ) as drawn_factor

    from own_factors
    where channel_code is null

),

factors_with_brand as (

    select
        own_factors.*,
        coalesce(brand_factors.drawn_factor, 1) as brand_factor,
        own_factors.own_factor - coalesce(brand_factors.drawn_factor, 1) as difference

    from own_factors

    inner join brand_factors
        on
            own_factors.brand_code = brand_factors.brand_code
            and own_factors.day_number = brand_factors.day_number
            and own_factors.weekday = brand_factors.weekday

    where own_factors.channel_code is not null

),

every_factor as (

    select
        brand_code,
        cast(null as string) as channel_code,
        posted_on,
        day_number,
        weekday,
        coalesce(drawn_factor, 1) as factor

    from brand_factors

    union all

    select
        brand_code,
        channel_code,
        posted_on,
        day_number,
        weekday,
        brand_factor + coalesce(
            difference * greatest(
                1 - chance_variance / nullif(
                    sum(power(difference, 2)) over (partition by brand_code, channel_code, day_number) / 6, 0
                ),
                0
            ),
            0
        ) as factor

    from factors_with_brand

),

final as (

    select
        brand_code,
        channel_code,
        brand_code || '|' || coalesce(channel_code, '*') as factor_key,
        posted_on,
        day_number,
        weekday,
        -- a weekday without any voice so far keeps a factor above 0, for voices on it are rare and not impossible
        cast(
            round(
                greatest(factor, 0.05)
                / avg(greatest(factor, 0.05)) over (partition by brand_code, channel_code, day_number),
                9
            ) as double
        ) as factor

    from every_factor

)

select * from final
