-- Grain: one row per series, day and kind of test, with its p and q value.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='posted_on') }}

{#-
    Two questions are asked of every series and day, and both must be answered: are there more negative voices than
    usual, and are they a larger part of what is said? A sale that doubles all voices doubles the negative ones too
    and is no crisis. The p value is the larger of both (an intersection-union test).

    A series with a history shorter than alert_minimum_history_days has no level of its own; it is judged by the share alone,
    against what is usual in the whole brand.

    The q value is Benjamini and Hochberg's, over all series of the brand with a voice in the window: one that
    has too few voices to be tested counts as tested with a p of 1.
-#}
{%- set window = var('alert_window_days') -%}
{%- set minimum_history = var('alert_minimum_history_days') %}

with

affected as (

    {{ affected_keys([affected_alert_days()], key_type='date') }}

),

levels as (

    select * from {{ ref('int_alert_levels') }}
    where {{ is_affected('posted_on') }}

),

voice_days as (

    select
        brand_code,
        series_key,
        posted_on,
        day_number,
        day_number - lag(day_number) over (partition by series_key order by day_number) as days_since,
        lead(day_number) over (partition by series_key order by day_number) - day_number as days_until

    from {{ ref('int_alert_series_days') }}
    where
        negative_count > 0
        and {{ is_in_alert_horizon('day_number') }}

),

turns as (

    -- a series is in the family from the day of a voice until a window's length after
    select
        brand_code,
        day_number,
        1 as turn
    from voice_days
    where coalesce(days_since, {{ window + 1 }}) > {{ window }}

    union all

    select
        brand_code,
        day_number + {{ window + 1 }} as day_number,
        -1 as turn
    from voice_days
    where coalesce(days_until, {{ window + 1 }}) > {{ window }}

),

turn_totals as (

    select
        brand_code,
        day_number,
        sum(turn) as turn
    from turns
    group by
        brand_code,
        day_number

),

families as (

    select
        brand_code,
        day_number,
        sum(turn) over (partition by brand_code order by day_number) as series_count,
        coalesce(lead(day_number) over (partition by brand_code order by day_number), 9999999) as next_day_number
    from turn_totals

),

-- what is usual of the aspect, or of all voices, in the whole brand
brands as (

    select
        series_key,
        alert_kind,
        day_number,
        (usual_sum + 0.5) / (usual_voice_count + 1) as usual_share

    from levels
    where
        level_code in ('brand', 'brand_aspect')
        and day_count >= {{ minimum_history }}
        and usual_voice_count > 0

),

days_with_expectation as (

    select
        levels.*,
        levels.day_count >= {{ minimum_history }} and levels.usual_voice_count > 0 as has_history,
        case levels.alert_kind
            when 'burst' then levels.negative_count
            -- a part of a voice, left by a weekday's factor, is none
            else least(cast(floor(levels.recent_sum + 0.000001) as bigint), levels.voice_count)
        end as observed_count,
        levels.daily_level
        * case levels.alert_kind when 'burst' then levels.weekday_factor else 7 end as volume_expected,
        -- the level is known from so many voices only. Days of one week are not independent of each other, so that
        -- a third, and not a seventh, of the daily dispersion is left in their sum
        case levels.alert_kind when 'burst' then levels.dispersion else levels.dispersion / 3 end
        + 1 / (levels.usual_sum + 0.5) as volume_dispersion,
        least((levels.usual_sum + 0.5) / (levels.usual_voice_count + 1), 1) as own_share,
        brands.usual_share as brand_share

    from levels

    left join brands
        on
            levels.brand_series_key = brands.series_key
            and levels.alert_kind = brands.alert_kind
            and levels.day_number = brands.day_number

),

days_with_share as (

    select
        *,
        case when has_history then own_share else brand_share end as usual_share,
        case
            -- a share moves by itself (by alert_minimum_dispersion on the scale of its log odds), and is known from
            -- so many voices only
            when has_history
                then 1 / (
                    1 / (usual_voice_count + 1.0)
                    + {{ var('alert_minimum_dispersion') }} * own_share * (1 - own_share)
                )
            else {{ var('alert_new_series_size') }}
        end as share_size

    from days_with_expectation
    where has_history or brand_share is not null

),

days_with_tails as (

    select
        *,
        case when has_history then volume_expected else voice_count * usual_share end as expected_count,
        case
            when has_history
                then {{ negative_binomial_tail('observed_count', 'volume_expected', 'volume_dispersion') }}
            else 0
        end as volume_p_value,
        {{ beta_binomial_tail('observed_count', 'voice_count', 'usual_share', 'share_size') }} as share_p_value

    from days_with_share
    where
        observed_count
        >= {{ var('alert_minimum_lift') }}
        * case when has_history then volume_expected else voice_count * usual_share end

),

days_with_p_value as (

    select
        *,
        case
            -- it rises from week to week, and has not fallen again: a burst that is over stays in the sums of its week
            when
                alert_kind = 'growth'
                and not (
                    recent_sum > week_before_sum
                    and week_before_sum >= usual_sum / day_count * 7
                    and last_three_sum / 3 >= 0.8 * (recent_sum - last_three_sum) / 4
                )
                then 1.0
            else greatest(volume_p_value, share_p_value)
        end as p_value,
        -- as many standard deviations as the distribution has of which the p value was asked
        sqrt(
            case
                when has_history then expected_count + volume_dispersion * power(expected_count, 2)
                else expected_count * (1 - usual_share) * (share_size + voice_count) / (share_size + 1)
            end
        ) as standard_deviation

    from days_with_tails

),

days_with_rank as (

    select
        days_with_p_value.*,
        families.series_count,
        days_with_p_value.p_value * families.series_count / row_number() over (
            partition by days_with_p_value.brand_code, days_with_p_value.alert_kind, days_with_p_value.day_number
            order by days_with_p_value.p_value, days_with_p_value.series_key
        ) as ranked_p_value

    from days_with_p_value

    inner join families
        on
            days_with_p_value.brand_code = families.brand_code
            and days_with_p_value.day_number >= families.day_number
            and days_with_p_value.day_number < families.next_day_number

),

final as (

    select
        alert_kind,
        level_code,
        series_key,
        brand_code,
        product_key,
        channel_code,
        aspect_code,
        posted_on,
        has_history,
        day_count,
        cast(observed_count as bigint) as observed_count,
        cast(expected_count as double) as expected_count,
        case when has_history then daily_level end as daily_level,
        case when has_history then weekday_factor end as weekday_factor,
        cast(case when has_history then volume_dispersion end as double) as dispersion,
        voice_count,
        cast(observed_count / nullif(cast(voice_count as double), 0) as double) as negative_share,
        cast(usual_share as double) as usual_negative_share,
        cast((observed_count - expected_count) / nullif(standard_deviation, 0) as double) as volume_z,
        volume_p_value,
        share_p_value,
        cast(p_value as double) as p_value,
        cast(
            least(
                min(ranked_p_value) over (
                    partition by brand_code, alert_kind, posted_on
                    order by p_value desc, series_key desc
                ),
                1
            ) as double
        ) as q_value,
        cast(series_count as bigint) as tested_series_count

    from days_with_rank

)

select * from final
