-- Grain: one row per day that the KPIs cover, also those without a row in any of them.
with

windows as (

    select * from {{ ref('kpi_windows') }}
    where
        period_kind = 'day'
        and not is_cut

),

days as (

    select
        period_start as day,
        cast(date_trunc('week', period_start) as date) as week_start,
        cast(date_trunc('month', period_start) as date) as month_start,
        cast(date_trunc('quarter', period_start) as date) as quarter_start

    from windows

)

select * from days
