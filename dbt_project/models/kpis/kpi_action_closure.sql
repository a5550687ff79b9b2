-- KPI: promised actions that were done by the day on which they fell due, over those that fell due.
with

as_of as (

    -- running clocks are read at the end of that day
    select {{ plus_minutes('cast(max(as_of) as timestamp)', 1440) }} as as_of_end_at
    from {{ ref('kpi_windows') }}

),

subjects as (

    select
        'reviews.fct_actions' as row_table,
        actions.action_key as row_key,
        cast(actions.due_at as date) as period_date,
        'all' as channel_code,
        -- an action belongs to the whole company; its topic may be one product
        'own' as brand_code,
        actions.product_key,
        cast(case when actions.done_at <= actions.due_at then 1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_actions') }} as actions

    cross join as_of

    where actions.due_at < as_of.as_of_end_at

),

counts_by_day as (

    {{ kpi_counted() }}

)

select * from counts_by_day
