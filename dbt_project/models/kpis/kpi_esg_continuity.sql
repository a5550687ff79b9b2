-- KPI: months that ended with an ESG report no older than the promised interval, over all months since the first one.
with

subjects as (

    select
        'segments.mart_brand_programmes' as row_table,
        kind_code || '|' || cast(month_start as {{ dbt.type_string() }}) as row_key,
        month_start as period_date,
        'all' as channel_code,
        'own' as brand_code,
        'all' as product_key,
        cast(case when days_since_last <= {{ var('esg_interval_days') }} then 1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('mart_brand_programmes') }}
    where kind_code = 'esg'

),

counts_by_day as (

    {{ kpi_counted() }}

)

select * from counts_by_day
