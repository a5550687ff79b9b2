-- Grain: one row per sale that a window of word of mouth or paid advertising converted in.
with

touches as (

    select
        customer_key,
        touched_at,
        cast(date_trunc('month', touched_at) as date) as month_start

    from {{ ref('fct_touchpoints') }}
    where
        customer_key is not null
        and touch_group_code in ('wom', 'paid')
        and excluded_code is null

),

sales as (

    select
        conversion_key,
        customer_key,
        converted_at

    from {{ ref('fct_conversions') }}
    where
        goal_code = 'sale'
        and customer_key is not null

),

-- a sale converts the window of the last touch before it only, so that a sale on the 1st counts for a window that ended
-- on the 31st
sales_with_window as (

    select
        sales.conversion_key,
        substring(sales.conversion_key, length('sale:') + 1) as order_key,
        touches.customer_key,
        max(touches.month_start) as month_start

    from touches

    inner join sales
        on
            touches.customer_key = sales.customer_key
            and touches.touched_at <= sales.converted_at
            and touches.touched_at >= sales.converted_at - {{ lookback_days_of("'sale'") }} * interval '1 day'

    group by sales.conversion_key, touches.customer_key

)

select * from sales_with_window
