-- Grain: one row per fit and distinct history: repeat purchases, when the last one was, how long ago the first.
with

customers as (

    select * from {{ ref('int_clv_customers') }}

),

histories as (

    select
        'full' as fit_code,
        frequency,
        recency_days,
        age_days,
        count(*) as customer_count

    from customers
    group by frequency, recency_days, age_days

    union all

    select
        'calibration' as fit_code,
        calibration_frequency as frequency,
        calibration_recency_days as recency_days,
        calibration_age_days as age_days,
        count(*) as customer_count

    from customers
    where calibration_frequency is not null
    group by calibration_frequency, calibration_recency_days, calibration_age_days

)

select * from histories
