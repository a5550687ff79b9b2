-- KPI: participants of witnessed trials who saw them through, by the day on which they began, and by programme.
with

subjects as (

    select
        'segments.fct_trials' as row_table,
        trial_key as row_key,
        started_on as period_date,
        'all' as channel_code,
        'own' as brand_code,
        'all' as product_key,
        'programme' as segment_kind,
        programme_ref as segment_code,
        cast(case when is_completed then 1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_trials') }}
    -- participants whose days are not over are left out
    where is_matured

),

counts_by_day as (

    {{ kpi_counted(segments=true) }}

)

select * from counts_by_day
