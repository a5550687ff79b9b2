-- Grain: one row per channel (`all` sums up) and hour of the week, whether contacts came in it or not.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

contacts as (

    select
        contacts.channel_code,
        -- 0 is Monday, midnight to one
        {{ day_number('cast(contacts.started_at as date)') }} % 7 * 24 + extract(hour from contacts.started_at)
            as hour_of_week,
        contacts.response_minutes,
        contacts.is_response_met

    from {{ ref('int_service_contacts') }} as contacts

    -- whole weeks, so that every hour of the week occurs equally often
    inner join as_of
        on cast(contacts.started_at as date) > as_of.as_of - {{ var('service_coverage_weeks') * 7 }}

    -- contacts that are not yet due are left out
    where contacts.is_response_met is not null

),

hours as (

    -- the 168 hours of a week, numbered as so many days are
    select {{ day_number('day') }} as hour_of_week
    from ({{ day_series("date '1970-01-05'", "date '1970-06-21'") }}) as numbered

),

contact_counts as (

    select
        coalesce(channel_code, 'all') as channel_code,
        hour_of_week,
        count(*) as contact_count,
        count(response_minutes) as answered_count,
        count(*) filter (where is_response_met) as answered_in_target_count,
        percentile_cont(0.5) within group (order by response_minutes) as first_response_median_minutes

    from contacts
    group by grouping sets ((channel_code, hour_of_week), (hour_of_week))

),

channels as (

    select distinct channel_code from contact_counts

),

channel_hours as (

    select
        channels.channel_code,
        cast(floor(hours.hour_of_week / 24) + 1 as integer) as weekday,
        cast(hours.hour_of_week % 24 as integer) as hour_of_day,
        cast(hours.hour_of_week as integer) as hour_of_week,
        coalesce(contact_counts.contact_count, 0) as contact_count,
        coalesce(contact_counts.answered_count, 0) as answered_count,
        coalesce(contact_counts.answered_in_target_count, 0) as answered_in_target_count,
        contact_counts.first_response_median_minutes,
        -- an hour without contacts is null, neither covered nor uncovered
        contact_counts.answered_in_target_count > 0 as is_covered

    from channels

    cross join hours

    left join contact_counts
        on
            channels.channel_code = contact_counts.channel_code
            and hours.hour_of_week = contact_counts.hour_of_week

),

final as (

    select
        channel_code,
        weekday,
        hour_of_day,
        hour_of_week,
        cast(contact_count as bigint) as contact_count,
        cast(answered_count as bigint) as answered_count,
        cast(answered_in_target_count as bigint) as answered_in_target_count,
        round(cast(answered_in_target_count as double) / nullif(contact_count, 0), 6) as in_target_share,
        round(cast(first_response_median_minutes as double), 4) as first_response_median_minutes,
        is_covered,
        coalesce(not is_covered, false) as is_unanswered_hour,
        contact_count > 0 and answered_count = 0 as is_unstaffed_hour,
        cast(count(*) filter (where is_covered) over channel as bigint) as channel_covered_hours,
        cast(count(*) filter (where not is_covered) over channel as bigint) as channel_unanswered_hours,
        cast(count(*) filter (where contact_count > 0 and answered_count = 0) over channel as bigint)
            as channel_unstaffed_hours,
        cast(count(*) filter (where is_covered is null) over channel as bigint) as channel_silent_hours,
        round(cast(count(*) filter (where is_covered) over channel as double) / 168, 6) as channel_coverage_share,
        round(
            cast(count(*) filter (where is_covered) over channel as double)
            / nullif(count(is_covered) over channel, 0),
            6
        ) as channel_asked_coverage_share

    from channel_hours
    window channel as (partition by channel_code)

)

select * from final
