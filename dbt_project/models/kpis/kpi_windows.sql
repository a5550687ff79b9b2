-- Grain: one row per period, and one more per kind of period for the same days of the period before the running one.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

first_days as (

    select min(posted_at) as first_at from {{ ref('fct_voices') }}
    union all
    select min(ordered_at) as first_at from {{ ref('fct_orders') }}
    union all
    select min(touched_at) as first_at from {{ ref('fct_touchpoints') }}
    union all
    select min(answered_at) as first_at from {{ ref('fct_surveys') }}
    union all
    select min(opened_at) as first_at from {{ ref('fct_cases') }}

),

days as (

    {{ day_series('(select cast(min(first_at) as date) from first_days)', '(select as_of from as_of)') }}

),

period_kinds as (

    select 'day' as period_kind
    union all
    select 'week' as period_kind
    union all
    select 'month' as period_kind
    union all
    select 'quarter' as period_kind

),

starts as (

    select distinct
        period_kinds.period_kind,
        cast(date_trunc(period_kinds.period_kind, days.day) as date) as period_start

    from days

    cross join period_kinds

),

periods as (

    select
        starts.period_kind,
        starts.period_start,
        cast(
            case starts.period_kind
                when 'day' then starts.period_start
                when 'week' then starts.period_start + interval '6 days'
                when 'month' then starts.period_start + interval '1 month' - interval '1 day'
                when 'quarter' then starts.period_start + interval '3 months' - interval '1 day'
            end as date
        ) as period_end,
        as_of.as_of

    from starts

    cross join as_of

),

windows as (

    select
        period_kind,
        period_start,
        period_start as from_on,
        least(period_end, as_of) as until_on,
        false as is_cut,
        as_of between period_start and period_end as is_running,
        period_end,
        as_of

    from periods

),

windows_with_days as (

    select
        *,
        cast({{ day_number('until_on') }} - {{ day_number('from_on') }} + 1 as integer) as elapsed_days

    from windows

),

cut_windows as (

    -- the same number of days, or the whole of a period that has fewer; a day is not cut
    select
        period_kind,
        cast(
            case period_kind
                when 'week' then period_start - interval '7 days'
                when 'month' then period_start - interval '1 month'
                when 'quarter' then period_start - interval '3 months'
            end as date
        ) as period_start,
        cast(period_start - interval '1 day' as date) as period_end,
        as_of,
        elapsed_days

    from windows_with_days
    where
        is_running
        and period_kind <> 'day'

),

final as (

    select
        period_kind,
        period_start,
        from_on,
        until_on,
        is_cut,
        is_running,
        period_end,
        elapsed_days,
        as_of

    from windows_with_days

    union all

    select
        period_kind,
        period_start,
        period_start as from_on,
        least(period_end, {{ plus_days('period_start', '(elapsed_days - 1)') }}) as until_on,
        true as is_cut,
        false as is_running,
        period_end,
        elapsed_days,
        as_of

    from cut_windows

)

select * from final
