-- Grain: one row per department and day, from its first case to as_of.
with

as_of as (

    select * from {{ ref('stg_as_of') }}

),

departments as (

    select * from {{ ref('int_case_departments') }}

),

openings as (

    select * from {{ ref('int_case_openings') }}

),

clocks as (

    select * from {{ ref('fct_response_clock') }}
    where subject_kind = 'case'

),

spells as (

    -- a case that is open, while one department has it
    select
        openings.case_key,
        departments.department_code,
        greatest(openings.open_from, departments.arrived_at) as from_at,
        -- null while it is open there
        least(openings.open_until, departments.left_at) as until_at,
        openings.is_reopening and openings.open_from >= departments.arrived_at as starts_reopened,
        departments.arrived_at > openings.open_from as starts_handed_over,
        openings.open_until is not null
        and openings.open_until <= coalesce(departments.left_at, openings.open_until) as ends_solved

    from openings

    inner join departments
        on
            openings.case_key = departments.case_key
            and openings.open_from < coalesce(departments.left_at, timestamp '9999-12-31')
            and departments.arrived_at < coalesce(openings.open_until, timestamp '9999-12-31')

),

first_days as (

    select
        department_code,
        min(cast(from_at as date)) as first_day

    from spells
    group by department_code

),

calendar as (

    {{ day_series(
        '(select min(first_days.first_day) from first_days)',
        '(select as_of.as_of from as_of)'
    ) }}

),

days as (

    select
        first_days.department_code,
        calendar.day,
        cast({{ plus_days('calendar.day', 1) }} as timestamp) as ends_at

    from first_days

    inner join calendar
        on first_days.first_day <= calendar.day

),

started_counts as (

    select
        department_code,
        cast(from_at as date) as day,
        count(*) filter (where not starts_reopened and not starts_handed_over) as opened_count,
        count(*) filter (where starts_reopened) as reopened_count,
        count(*) filter (where starts_handed_over) as received_count

    from spells
    group by
        department_code,
        cast(from_at as date)

),

ended_counts as (

    select
        department_code,
        cast(until_at as date) as day,
        count(*) filter (where ends_solved) as solved_count,
        count(*) filter (where not ends_solved) as handed_on_count

    from spells
    where until_at is not null
    group by
        department_code,
        cast(until_at as date)

),

open_counts as (

    select
        days.department_code,
        days.day,
        count(*) as open_count,
        min(clocks.opened_at) as oldest_opened_at,
        count(*) filter (
            where
            clocks.resolution_met_until < days.ends_at
            or (
                clocks.reply_met_until < days.ends_at
                and coalesce(clocks.first_reply_at, days.ends_at) >= days.ends_at
            )
        ) as breaching_count

    from days

    inner join spells
        on
            days.department_code = spells.department_code
            and days.day >= cast(spells.from_at as date)
            and days.day < coalesce(cast(spells.until_at as date), date '9999-12-31')

    inner join clocks
        on spells.case_key = clocks.subject_key

    group by
        days.department_code,
        days.day

),

final as (

    select
        days.day as backlog_date,
        days.department_code,
        cast(coalesce(started_counts.opened_count, 0) as bigint) as opened_count,
        cast(coalesce(started_counts.reopened_count, 0) as bigint) as reopened_count,
        cast(coalesce(started_counts.received_count, 0) as bigint) as received_count,
        cast(coalesce(ended_counts.solved_count, 0) as bigint) as solved_count,
        cast(coalesce(ended_counts.handed_on_count, 0) as bigint) as handed_on_count,
        cast(coalesce(open_counts.open_count, 0) as bigint) as open_count,
        cast(coalesce(open_counts.breaching_count, 0) as bigint) as breaching_count,
        open_counts.oldest_opened_at,
        {{ minutes_between('open_counts.oldest_opened_at', 'days.ends_at') }} / 1440 as oldest_age_days

    from days

    left join started_counts
        on
            days.department_code = started_counts.department_code
            and days.day = started_counts.day

    left join ended_counts
        on
            days.department_code = ended_counts.department_code
            and days.day = ended_counts.day

    left join open_counts
        on
            days.department_code = open_counts.department_code
            and days.day = open_counts.day

)

select * from final
