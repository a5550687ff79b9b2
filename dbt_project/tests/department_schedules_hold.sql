-- Schedules that can be read: times as HH:MM, and no two overlapping intervals of a department, also past midnight.
with

schedules as (

    select * from {{ ref('department_schedules') }}

),

unreadable_times as (

    select
        coalesce(department_code, 'default') as schedule_code,
        valid_from as day,
        opens_at || '-' || closes_at as problem

    from schedules
    where
        not coalesce(opens_at between '00:00' and '23:59' and opens_at like '__:__', false)
        or not coalesce(closes_at between '00:00' and '24:00' and closes_at like '__:__', false)
        or substring(opens_at, 4, 1) > '5'
        or substring(closes_at, 4, 1) > '5'

),

overlapping_days as (

    select
        schedule_code,
        day,
        'overlap at second ' || cast(until_second as string) as problem

    from {{ ref('int_business_hours') }}
    where open_until_second > until_second

)

select * from unreadable_times
union all
select * from overlapping_days
