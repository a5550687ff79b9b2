-- KPI: first-time buyers who bought again in the calendar month after, by the day of the first purchase.
with

as_of as (

    select max(as_of) as as_of from {{ ref('kpi_windows') }}

),

first_purchases as (

    select * from {{ ref('fct_conversions') }}
    where
        goal_code = 'acquisition'
        and customer_key is not null

),

further_months as (

    select distinct
        customer_key,
        cast(date_trunc('month', converted_at) as date) as month_start

    from {{ ref('fct_conversions') }}
    where
        goal_code = 'retention'
        and customer_key is not null

),

subjects as (

    select
        'attribution.fct_conversions' as row_table,
        first_purchases.conversion_key as row_key,
        cast(first_purchases.converted_at as date) as period_date,
        first_purchases.channel_code,
        'own' as brand_code,
        'all' as product_key,
        cast(case when further_months.customer_key is not null then 1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from first_purchases

    cross join as_of

    left join further_months
        on
            first_purchases.customer_key = further_months.customer_key
            and further_months.month_start = date_trunc('month', first_purchases.converted_at) + interval '1 month'

    where
        -- a month that is not over cannot be judged yet
        date_trunc('month', first_purchases.converted_at) + interval '2 months' <= as_of.as_of + interval '1 day'

),

counts_by_day as (

    {{ kpi_counted() }}

)

select * from counts_by_day
