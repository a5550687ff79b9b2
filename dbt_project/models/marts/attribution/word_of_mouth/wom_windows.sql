-- Grain: one row per customer and calendar month with a touch of word of mouth or of paid advertising.
with

touches as (

    select
        customer_key,
        cast(date_trunc('month', touched_at) as date) as month_start,
        touch_group_code

    from {{ ref('fct_touchpoints') }}
    where
        customer_key is not null
        and touch_group_code in ('wom', 'paid')
        and excluded_code is null

),

sales_of_window as (

    select
        customer_key,
        month_start,
        count(*) as sale_count

    from {{ ref('int_wom_window_sales') }}
    group by customer_key, month_start

),

touches_of_window as (

    select
        customer_key,
        month_start,
        count(*) filter (where touch_group_code = 'wom') as wom_touch_count,
        count(*) filter (where touch_group_code = 'paid') as paid_touch_count

    from touches
    group by customer_key, month_start

),

windows as (

    select
        touches_of_window.customer_key,
        touches_of_window.month_start,
        case
            when touches_of_window.paid_touch_count = 0 then 'wom_only'
            when touches_of_window.wom_touch_count = 0 then 'paid_only'
            else 'mixed'
        end as touch_mix_code,
        touches_of_window.wom_touch_count,
        touches_of_window.paid_touch_count,
        coalesce(sales_of_window.sale_count, 0) as sale_count,
        sales_of_window.sale_count is not null as is_converted

    from touches_of_window

    left join sales_of_window
        on
            touches_of_window.customer_key = sales_of_window.customer_key
            and touches_of_window.month_start = sales_of_window.month_start

)

select * from windows
