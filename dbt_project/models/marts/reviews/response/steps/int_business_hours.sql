-- Grain: one row per schedule, day and segment of the day; the segments of a day follow each other without a gap.
with

calendar as (

    select
        day,
        is_workday,
        is_known,
        sum(case when is_known then 0 else 1 end) over (order by day asc rows unbounded preceding) as unknown_day_count

    from {{ ref('stg_work_calendar') }}

),

schedules as (

    select
        coalesce(department_code, 'default') as schedule_code,
        valid_from,
        valid_to,
        day_kind,
        -- 'HH:MM' to seconds since midnight; 24:00 is the end of the day
        cast(substring(opens_at, 1, 2) as integer) * 3600 + cast(substring(opens_at, 4, 2) as integer) * 60 as opens,
        cast(substring(closes_at, 1, 2) as integer) * 3600 + cast(substring(closes_at, 4, 2) as integer) * 60 as closes

    from {{ ref('department_schedules') }}

),

schedule_codes as (

    select distinct schedule_code
    from schedules
    union
    select 'default' as schedule_code

),

days as (

    select
        schedule_codes.schedule_code,
        calendar.day,
        calendar.is_workday,
        calendar.is_known,
        calendar.unknown_day_count

    from schedule_codes

    cross join calendar

),

schedules_in_force as (

    select
        days.schedule_code,
        days.day,
        days.is_workday,
        schedules.day_kind,
        schedules.opens,
        schedules.closes

    from days

    inner join schedules
        on
            days.schedule_code = schedules.schedule_code
            and days.day >= schedules.valid_from
            and days.day < coalesce(schedules.valid_to, date '9999-12-31')

),

own_hours as (

    select distinct
        schedule_code,
        day

    from schedules_in_force

),

hours as (

    select
        schedule_code,
        day,
        opens,
        closes

    from schedules_in_force
    where day_kind = 'every' or (day_kind = 'workday') = is_workday

    union all

    -- a department without a row in force that day, of any kind, keeps the default hours
    select
        days.schedule_code,
        days.day,
        defaults.opens,
        defaults.closes

    from days

    inner join schedules_in_force as defaults
        on
            days.day = defaults.day
            and defaults.schedule_code = 'default'
            and (defaults.day_kind = 'every' or (defaults.day_kind = 'workday') = days.is_workday)

    left join own_hours
        on
            days.schedule_code = own_hours.schedule_code
            and days.day = own_hours.day

    where own_hours.day is null

),

until_closing as (

    select
        schedule_code,
        day,
        opens,
        -- a closing that is not after the opening is on the next day
        case when closes > opens then closes else closes + 86400 end as closes

    from hours

),

open_segments as (

    select
        schedule_code,
        day,
        opens as from_second,
        least(closes, 86400) as open_until_second

    from until_closing

    union all

    -- what a night adds to the day after belongs to that day's clock, whatever kind of day it is
    select
        schedule_code,
        {{ plus_days('day', 1) }} as day,
        0 as from_second,
        closes - 86400 as open_until_second

    from until_closing
    where closes > 86400

),

segments as (

    select
        days.schedule_code,
        days.day,
        days.is_known,
        days.unknown_day_count,
        open_segments.from_second,
        open_segments.open_until_second

    from days

    inner join open_segments
        on
            days.schedule_code = open_segments.schedule_code
            and days.day = open_segments.day

    union all

    -- from midnight to the first opening, or all day; empty where the day opens at midnight
    select
        schedule_code,
        day,
        is_known,
        unknown_day_count,
        0 as from_second,
        0 as open_until_second

    from days

),

hours_with_total as (

    select
        schedule_code,
        day,
        cast(from_second as integer) as from_second,
        cast(
            coalesce(
                lead(from_second) over (
                    partition by schedule_code, day order by from_second asc, open_until_second asc
                ),
                86400
            ) as integer
        ) as until_second,
        cast(open_until_second as integer) as open_until_second,
        cast(
            sum(open_until_second - from_second) over (
                partition by schedule_code
                order by day asc, from_second asc, open_until_second asc
                rows unbounded preceding
            ) - (open_until_second - from_second) as bigint
        ) as seconds_before,
        is_known as is_calendar_known,
        cast(unknown_day_count as bigint) as unknown_day_count

    from segments

)

select * from hours_with_total
