-- Grain: one row per channel and day, from its first delivery to as_of.
with

files as (

    select * from {{ ref('stg_files') }}

),

as_of as (

    select * from {{ ref('stg_as_of') }}

),

gaps as (

    select
        channel_code,
        export_name,
        export_date,
        lead(export_date) over (partition by channel_code, export_name order by export_date) as next_date

    from files

),

steps as (

    select
        channel_code,
        export_name,
        cast({{ day_number('next_date') }} - {{ day_number('export_date') }} as integer) as day_count

    from gaps
    where next_date is not null

),

step_counts as (

    select
        channel_code,
        export_name,
        day_count,
        sum(count(*)) over (partition by channel_code, export_name order by day_count) as count_up_to,
        sum(count(*)) over (partition by channel_code, export_name) as all_count

    from steps
    group by
        channel_code,
        export_name,
        day_count

),

delivery_steps as (

    -- the usual distance between two of its days (the lower median); one delivery is no rhythm yet
    select
        channel_code,
        export_name,
        min(day_count) as step_days

    from step_counts
    where 2 * count_up_to >= all_count
    group by
        channel_code,
        export_name

),

calendar as (

    {{ day_series(
        '(select min(files.export_date) from files)',
        '(select as_of.as_of from as_of)'
    ) }}

),

spans as (

    select
        gaps.channel_code,
        gaps.export_name,
        gaps.export_date,
        delivery_steps.step_days,
        -- after the newest delivery the next one is due a step later, and so on up to as_of
        coalesce(gaps.next_date, {{ plus_days('as_of.as_of', 'delivery_steps.step_days') }}) as next_date,
        -- a week's export may come a day late before it is missed, a month's four
        {{ plus_days('as_of.as_of', '-1 * floor(delivery_steps.step_days / 7)') }} as missed_until

    from gaps

    inner join delivery_steps
        on
            gaps.channel_code = delivery_steps.channel_code
            and gaps.export_name = delivery_steps.export_name

    cross join as_of

),

missed_days as (

    -- whole steps between two deliveries that lie far enough apart for them
    select
        spans.channel_code,
        spans.export_name,
        calendar.day as source_date

    from spans

    inner join calendar
        on
            spans.export_date < calendar.day
            and spans.next_date > calendar.day
            and spans.missed_until >= calendar.day

    where
        ({{ day_number('calendar.day') }} - {{ day_number('spans.export_date') }}) % spans.step_days = 0
        and ({{ day_number('calendar.day') }} - {{ day_number('spans.export_date') }}) / spans.step_days
        < round(
            ({{ day_number('spans.next_date') }} - {{ day_number('spans.export_date') }})
            / cast(spans.step_days as double)
        )

),

expected_days as (

    select
        files.channel_code,
        files.export_name,
        files.export_date as source_date,
        true as is_delivered

    from files

    inner join delivery_steps
        on
            files.channel_code = delivery_steps.channel_code
            and files.export_name = delivery_steps.export_name

    union all

    select
        missed_days.channel_code,
        missed_days.export_name,
        missed_days.source_date,
        false as is_delivered

    from missed_days

),

due_by_day as (

    select
        channel_code,
        source_date,
        count(*) as due_export_count,
        count(*) filter (where is_delivered) as delivered_export_count,
        string_agg(case when not is_delivered then export_name end, ', ' order by export_name) as missing_exports

    from expected_days
    group by
        channel_code,
        source_date

),

channels as (

    select
        files.channel_code,
        min(files.export_date) as first_date

    from files

    inner join delivery_steps
        on
            files.channel_code = delivery_steps.channel_code
            and files.export_name = delivery_steps.export_name

    group by files.channel_code

),

deliveries as (

    select distinct
        channel_code,
        export_date

    from files

),

days as (

    select
        channels.channel_code,
        calendar.day as source_date,
        max(deliveries.export_date) over (
            partition by channels.channel_code
            order by calendar.day
        ) as newest_export_date

    from channels

    inner join calendar
        on channels.first_date <= calendar.day

    left join deliveries
        on
            channels.channel_code = deliveries.channel_code
            and calendar.day = deliveries.export_date

),

final as (

    select
        days.channel_code || '|' || cast(days.source_date as {{ dbt.type_string() }}) as source_day_key,
        days.channel_code,
        days.source_date,
        cast(coalesce(due_by_day.due_export_count, 0) as bigint) as due_export_count,
        cast(coalesce(due_by_day.delivered_export_count, 0) as bigint) as delivered_export_count,
        due_by_day.delivered_export_count = due_by_day.due_export_count as is_covered,
        due_by_day.missing_exports,
        days.newest_export_date,
        cast({{ day_number('days.source_date') }} - {{ day_number('days.newest_export_date') }} as bigint)
            as days_behind

    from days

    left join due_by_day
        on
            days.channel_code = due_by_day.channel_code
            and days.source_date = due_by_day.source_date

)

select * from final
