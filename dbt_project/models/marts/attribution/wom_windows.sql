-- Grain: one row per customer and calendar month with a touch of word of mouth or of paid advertising.
with

touches as (

    select
        customer_key,
        cast(date_trunc('month', touched_at) as date) as month_start,
        min(touched_at) as first_touched_at,
        count(*) filter (where touch_group_code = 'wom') as wom_touch_count,
        count(*) filter (where touch_group_code = 'paid') as paid_touch_count

    from {{ ref('fct_touchpoints') }}
    where
        customer_key is not null
        and touch_group_code in ('wom', 'paid')
    group by all

),

sales as (

    select
        customer_key,
        cast(date_trunc('month', converted_at) as date) as month_start,
        max(converted_at) as last_converted_at

    from {{ ref('fct_conversions') }}
    where
        goal_code = 'sale'
        and customer_key is not null
    group by all

),

windows as (

    select
        touches.customer_key,
        touches.month_start,
        case
            when touches.paid_touch_count = 0 then 'wom_only'
            when touches.wom_touch_count = 0 then 'paid_only'
            else 'mixed'
        end as touch_mix_code,
        touches.wom_touch_count,
        touches.paid_touch_count,
        -- a purchase before the first touch of the month is not its doing
        coalesce(sales.last_converted_at >= touches.first_touched_at, false) as is_converted

    from touches

    left join sales
        on
            touches.customer_key = sales.customer_key
            and touches.month_start = sales.month_start

)

select * from windows
