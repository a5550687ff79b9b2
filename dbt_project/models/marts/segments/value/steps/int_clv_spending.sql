-- Grain: one row per fit, number of repeat purchases and what they came to, of customers with money left after refunds.
with

customers as (

    select * from {{ ref('int_clv_customers') }}

),

spending as (

    select
        'full' as fit_code,
        frequency,
        cast(repeat_net_cny as double) as spend_cny,
        count(*) as customer_count

    from customers
    where
        frequency > 0
        and repeat_net_cny > 0
    group by frequency, repeat_net_cny

    union all

    select
        'calibration' as fit_code,
        calibration_frequency as frequency,
        cast(calibration_repeat_net_cny as double) as spend_cny,
        count(*) as customer_count

    from customers
    where
        calibration_frequency > 0
        and calibration_repeat_net_cny > 0
    group by calibration_frequency, calibration_repeat_net_cny

)

select * from spending
