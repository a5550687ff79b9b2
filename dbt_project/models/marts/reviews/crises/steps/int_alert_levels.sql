-- Grain: one row per series, day and kind of test, where enough negative voices are there to be tested.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='posted_on') }}

{#-
    What would have been usual: the robust level of the days before, by which alerts are judged (int_alert_tests).

    burst:  the day itself against the 28 days before it, today excluded.
    growth: the 7 days up to the day against 28 days before, with a week between them: what grows slowly would
            otherwise raise the level that it is judged by.

    Days without a negative voice have no row, and a window has as many zeros as rows are missing. Counts are divided
    by the weekday's factor first. A count above the cap (median + 3 robust standard deviations, by the upper
    quartile, which six bad days in 28 do not reach) counts as the cap: the level is the mean of what is left
    (a winsorised mean: a median alone would be 0 for every series with less than a voice every other day).
    Dispersion is that of the capped counts beyond Poisson's, by moments, drawn to the brand's pooled one as far
    as the series has too few voices to tell.
-#}
{%- set window = var('alert_window_days') %}

with

affected as (

    {{ affected_keys([affected_alert_days()], key_type='date') }}

),

series_days as (

    select * from {{ ref('int_alert_series_days') }}
    where {{ is_in_alert_horizon('day_number') }}

),

factors as (

    select * from {{ ref('int_alert_weekday_factors') }}
    where {{ is_affected('posted_on') }}

),

bases as (

    select
        series_key as base_key,
        day_number,
        voice_count,
        -- the first day with a voice, within the days that are read
        min(day_number) over (
            partition by series_key order by day_number
            range between {{ alert_horizon_days() }} preceding and current row
        ) as first_day_number,
        sum(voice_count) over (
            partition by series_key order by day_number
            range between {{ window }} preceding and 1 preceding
        ) as window_voice_count,
        sum(voice_count) over (
            partition by series_key order by day_number range between 6 preceding and current row
        ) as week_voice_count,
        sum(voice_count) over (
            partition by series_key order by day_number
            range between {{ window + 13 }} preceding and 14 preceding
        ) as earlier_voice_count

    from series_days
    where aspect_code is null

),

series_counts as (

    select
        series_key,
        base_key,
        brand_series_key,
        level_code,
        brand_code,
        product_key,
        channel_code,
        aspect_code,
        posted_on,
        day_number,
        negative_count,
        brand_code || '|' || coalesce(channel_code, '*') as factor_key,
        sum(negative_count) over (
            partition by series_key order by day_number range between 6 preceding and current row
        ) as week_negative_count

    from series_days
    where negative_count > 0

),

tested_days as (

    select
        'burst' as alert_kind,
        series_counts.*,
        1 as nearest_lag,
        bases.voice_count,
        bases.window_voice_count as usual_voice_count,
        least({{ window }}, series_counts.day_number - bases.first_day_number) as day_count

    from series_counts

    inner join bases
        on
            series_counts.base_key = bases.base_key
            and series_counts.day_number = bases.day_number

    where
        {{ is_affected('series_counts.posted_on') }}
        and series_counts.negative_count >= {{ var('alert_minimum_negative') }}

    union all

    select
        'growth' as alert_kind,
        series_counts.*,
        14 as nearest_lag,
        bases.week_voice_count as voice_count,
        bases.earlier_voice_count as usual_voice_count,
        least({{ window }}, series_counts.day_number - 13 - bases.first_day_number) as day_count

    from series_counts

    inner join bases
        on
            series_counts.base_key = bases.base_key
            and series_counts.day_number = bases.day_number

    where
        {{ is_affected('series_counts.posted_on') }}
        and series_counts.week_negative_count >= {{ var('alert_minimum_negative_week') }}
        and series_counts.day_number - 13 - bases.first_day_number >= {{ var('alert_minimum_history_days') }}

),

-- one number in place of three columns, for what is ranked and summed below
candidates as (

    select
        *,
        row_number() over (order by alert_kind, series_key, day_number) as candidate_number

    from tested_days

),

-- every row of the windows, and of the days that are judged
lags as (

    select
        candidates.candidate_number,
        candidates.day_count,
        candidates.day_number - series_counts.day_number as lag,
        candidates.nearest_lag <= candidates.day_number - series_counts.day_number as is_before,
        coalesce(factors.factor, 1) as factor,
        series_counts.negative_count / coalesce(factors.factor, 1) as even_count

    from candidates

    inner join series_counts
        on
            candidates.series_key = series_counts.series_key
            and candidates.day_number - candidates.day_count - candidates.nearest_lag + 1 <= series_counts.day_number
            and candidates.day_number >= series_counts.day_number

    left join factors
        on
            candidates.factor_key = factors.factor_key
            and candidates.day_number = factors.day_number
            and series_counts.day_number % 7 = factors.weekday

),

lag_ranks as (

    select
        *,
        day_count - count(*) over (partition by candidate_number)
        + row_number() over (partition by candidate_number order by even_count) as count_rank

    from lags
    where is_before

),

quartiles as (

    select
        candidate_number,
        sum(
            case when count_rank = (day_count + 1) // 2 then even_count / 2 else 0 end
            + case when count_rank = (day_count + 2) // 2 then even_count / 2 else 0 end
        ) as median_count,
        sum(case when count_rank = (3 * day_count + 3) // 4 then even_count else 0 end) as upper_quartile

    from lag_ranks
    group by candidate_number

),

caps as (

    -- .6745 is the upper quartile of the standard normal; Poisson's own spread is the least that is allowed for
    select
        candidates.candidate_number,
        coalesce(quartiles.median_count, 0) + 3 * greatest(
            (coalesce(quartiles.upper_quartile, 0) - coalesce(quartiles.median_count, 0)) / 0.6745,
            sqrt(greatest(coalesce(quartiles.median_count, 0), 1))
        ) as cap_count

    from candidates

    -- a window without a single negative voice has no row here
    left join quartiles
        on candidates.candidate_number = quartiles.candidate_number

),

lag_totals as (

    -- rounded, for the order in which parts are added up must not show in what is published
    select
        lags.candidate_number,
        round(
            sum(case when lags.is_before then least(lags.even_count, caps.cap_count) else 0 end), 9
        ) as usual_sum,
        round(
            sum(case when lags.is_before then power(least(lags.even_count, caps.cap_count), 2) else 0 end), 9
        ) as usual_square_sum,
        -- one bad day is a burst and no growth: the weeks that are judged are capped as the others are
        round(
            sum(case when lags.lag <= 6 then least(lags.even_count, caps.cap_count) else 0 end), 9
        ) as recent_sum,
        round(
            sum(case when lags.lag <= 2 then least(lags.even_count, caps.cap_count) else 0 end), 9
        ) as last_three_sum,
        round(
            sum(
                case
                    when lags.lag between 7 and 13 then least(lags.even_count, caps.cap_count) else 0
                end
            ),
            9
        ) as week_before_sum

    from lags

    inner join caps
        on lags.candidate_number = caps.candidate_number

    group by lags.candidate_number

),

days_with_level as (

    select
        candidates.*,
        coalesce(today.factor, 1) as weekday_factor,
        coalesce(lag_totals.usual_sum, 0) as usual_sum,
        -- half a voice more (Jeffreys' prior of a rate): a series without negative voices so far may have some
        (coalesce(lag_totals.usual_sum, 0) + 0.5) / nullif(candidates.day_count, 0) as daily_level,
        coalesce(lag_totals.usual_sum, 0) / nullif(candidates.day_count, 0) as plain_level,
        (
            coalesce(lag_totals.usual_square_sum, 0)
            - power(coalesce(lag_totals.usual_sum, 0), 2) / nullif(candidates.day_count, 0)
        ) / nullif(candidates.day_count - 1, 0) as daily_variance,
        lag_totals.recent_sum,
        lag_totals.last_three_sum,
        lag_totals.week_before_sum

    from candidates

    left join lag_totals
        on candidates.candidate_number = lag_totals.candidate_number

    left join factors as today
        on
            candidates.factor_key = today.factor_key
            and candidates.day_number = today.day_number
            and candidates.day_number % 7 = today.weekday

),

days_with_dispersion as (

    select
        *,
        greatest(
            round(sum(daily_variance - plain_level) over (partition by alert_kind, brand_code, day_number), 6)
            / nullif(
                round(sum(power(plain_level, 2)) over (partition by alert_kind, brand_code, day_number), 6), 0
            ),
            0
        ) as brand_dispersion,
        usual_sum / (usual_sum + {{ var('alert_dispersion_prior_count') }}) as own_weight

    from days_with_level

),

final as (

    select
        alert_kind,
        level_code,
        series_key,
        base_key,
        brand_series_key,
        brand_code,
        product_key,
        channel_code,
        aspect_code,
        posted_on,
        day_number,
        cast(negative_count as bigint) as negative_count,
        cast(voice_count as bigint) as voice_count,
        cast(usual_voice_count as bigint) as usual_voice_count,
        cast(day_count as bigint) as day_count,
        cast(weekday_factor as double) as weekday_factor,
        cast(usual_sum as double) as usual_sum,
        cast(daily_level as double) as daily_level,
        cast(
            greatest(
                {{ var('alert_minimum_dispersion') }},
                own_weight * coalesce((daily_variance - plain_level) / nullif(power(plain_level, 2), 0), 0)
                + (1 - own_weight) * coalesce(brand_dispersion, 0)
            ) as double
        ) as dispersion,
        cast(recent_sum as double) as recent_sum,
        cast(last_three_sum as double) as last_three_sum,
        cast(week_before_sum as double) as week_before_sum

    from days_with_dispersion

)

select * from final
