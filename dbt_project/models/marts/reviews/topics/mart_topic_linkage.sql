-- Grain: one row per theme and pair of channels on which it was spoken of in the window.
with

as_of as (

    select
        as_of,
        as_of - {{ var('topic_linkage_days') }} as last_before

    from {{ ref('stg_as_of') }}

),

theme_days as (

    select topic_days.*
    from {{ ref('mart_topic_days') }} as topic_days

    cross join as_of

    where
        topic_days.spoken_on > as_of.last_before
        and topic_days.spoken_on <= as_of.as_of

),

days as (

    -- a day without any voice on any channel is a gap in the data and no day of zero voices
    select distinct spoken_on from theme_days

),

channels as (

    select
        theme_code,
        channel_code,
        cast(sum(voice_count) as bigint) as voice_count,
        count(*) as active_days

    from theme_days
    group by all
    having sum(voice_count) >= {{ var('topic_linkage_fewest_voices') }}

),

series as (

    select
        channels.theme_code,
        channels.channel_code,
        days.spoken_on,
        -- on a log scale, or one day of crisis would be all that a correlation sees
        ln(1 + coalesce(theme_days.voice_count, 0)) as level

    from channels

    cross join days

    left join theme_days
        on
            channels.theme_code = theme_days.theme_code
            and channels.channel_code = theme_days.channel_code
            and days.spoken_on = theme_days.spoken_on

),

lags as (

    {% for lag in range(-7, 8) -%}
    select {{ lag }} as lag_days
    {%- if not loop.last %}
    union all
    {% endif -%}
    {%- endfor %}

),

correlations as (

    -- at a lag of 2 the first channel's Monday stands beside the second's Wednesday: the first leads
    select
        series.theme_code,
        series.channel_code,
        others.channel_code as other_channel_code,
        lags.lag_days,
        count(*) as day_count,
        -- a constant series has no correlation
        case
            when stddev_pop(series.level) > 0 and stddev_pop(others.level) > 0
                -- rounded, so that of two equal ones the smaller lag wins whatever the order of adding up
                then round(corr(series.level, others.level), 9)
        end as correlation,
        count(*) filter (where series.level > 0 and others.level > 0) as both_days,
        count(*) filter (where series.level > 0 or others.level > 0) as either_days

    from series

    cross join lags

    inner join series as others
        on
            series.theme_code = others.theme_code
            and series.channel_code < others.channel_code
            and others.spoken_on = series.spoken_on + lags.lag_days

    group by all

),

-- fifteen lags are fifteen tries: the bar is that of .05 / 15, two-sided, for series that have nothing in common
best_lags as (

    select
        *,
        cast(2.935 / sqrt(day_count) as double) as correlation_bar

    from correlations
    where day_count >= {{ var('topic_linkage_fewest_days') }}
    qualify row_number() over (
        partition by theme_code, channel_code, other_channel_code
        order by correlation desc nulls last, abs(lag_days) asc, lag_days asc
    ) = 1

),

same_day as (

    select * from correlations
    where lag_days = 0

),

final as (

    select
        best_lags.theme_code,
        best_lags.channel_code,
        best_lags.other_channel_code,
        channels.voice_count,
        others.voice_count as other_voice_count,
        same_day.day_count as window_days,
        same_day.both_days as overlap_days,
        cast(same_day.both_days / nullif(same_day.either_days, 0) as double) as overlap_share,
        cast(same_day.correlation as double) as same_day_correlation,
        cast(best_lags.lag_days as integer) as best_lag_days,
        cast(best_lags.correlation as double) as best_correlation,
        best_lags.day_count,
        best_lags.correlation_bar,
        case
            when best_lags.correlation > best_lags.correlation_bar and best_lags.lag_days > 0
                then best_lags.channel_code
            when best_lags.correlation > best_lags.correlation_bar and best_lags.lag_days < 0
                then best_lags.other_channel_code
        end as leading_channel_code,
        case
            when best_lags.correlation is null or best_lags.correlation <= best_lags.correlation_bar then 'no_evidence'
            when best_lags.lag_days = 0 then 'together'
            else 'led'
        end as verdict_code

    from best_lags

    inner join same_day
        on
            best_lags.theme_code = same_day.theme_code
            and best_lags.channel_code = same_day.channel_code
            and best_lags.other_channel_code = same_day.other_channel_code

    inner join channels
        on
            best_lags.theme_code = channels.theme_code
            and best_lags.channel_code = channels.channel_code

    inner join channels as others
        on
            best_lags.theme_code = others.theme_code
            and best_lags.other_channel_code = others.channel_code

)

select * from final
