-- Grain: one row per class of customers by purchases before the test, and per week of the test.
{%- set last_class = 7 %}
with

fit as (

    select
        fit_code,
        expected_by_week

    from {{ ref('int_clv_fits') }}
    where fit_code = 'calibration'

),

period as (

    select
        fitted_until,
        test_days

    from {{ ref('int_clv_periods') }}
    where
        fit_code = 'calibration'
        and test_days > 0

),

customers as (

    -- customers acquired during the test are left out
    select * from {{ ref('int_clv_customers') }}
    where calibration_frequency is not null

),

classes as (

    select
        least(customers.calibration_frequency, {{ last_class }}) as sort_number,
        count(*) as customer_count,
        sum(customers.test_purchase_count) as actual_order_count,
        sum(expected.expected_test_orders) as expected_order_count

    from customers

    inner join {{ ref('int_clv_expectations') }} as expected
        on
            customers.calibration_frequency = expected.frequency
            and customers.calibration_recency_days = expected.recency_days
            and customers.calibration_age_days = expected.age_days
            and expected.fit_code = 'calibration'
            and expected.expected_test_orders is not null

    group by least(customers.calibration_frequency, {{ last_class }})

),

expected_weeks as (

    select {{ unnest_list('expected_by_week') }} as expected_order_count
    from fit

),

numbered_weeks as (

    select
        expected_order_count,
        -- numbered from the start of the test, in the order of time
        row_number() over (order by expected_order_count) as week_number

    from expected_weeks

),

orders_by_week as (

    select
        (purchases.purchased_on - period.fitted_until + 6) // 7 as week_number,
        count(*) as order_count

    from {{ ref('int_purchase_margins') }} as purchases

    inner join customers
        on purchases.customer_key = customers.customer_key

    inner join period
        on purchases.purchased_on > period.fitted_until

    group by (purchases.purchased_on - period.fitted_until + 6) // 7

),

customer_total as (

    select count(*) as customer_count
    from customers

),

weeks as (

    select
        numbered_weeks.week_number as sort_number,
        customer_total.customer_count,
        sum(coalesce(orders_by_week.order_count, 0)) over (order by numbered_weeks.week_number) as actual_order_count,
        numbered_weeks.expected_order_count

    from numbered_weeks

    cross join customer_total

    left join orders_by_week
        on numbered_weeks.week_number = orders_by_week.week_number

),

every_class as (

    select
        'frequency' as dimension_code,
        cast(sort_number as {{ dbt.type_string() }}) || case when sort_number = {{ last_class }} then '+' else '' end
            as dimension_value,
        *
    from classes

    union all

    select
        'week' as dimension_code,
        cast(sort_number as {{ dbt.type_string() }}) as dimension_value,
        *
    from weeks

),

final as (

    select
        dimension_code,
        dimension_value,
        cast(sort_number as integer) as sort_number,
        cast({{ unless_small('customer_count', 'customer_count') }} as bigint) as customer_count,
        cast({{ unless_small('actual_order_count', 'customer_count') }} as bigint) as actual_order_count,
        cast(round({{ unless_small('expected_order_count', 'customer_count') }}, 4) as double) as expected_order_count,
        cast(round({{ unless_small('actual_order_count', 'customer_count') }} / customer_count, 6) as double)
            as actual_per_customer,
        cast(round({{ unless_small('expected_order_count', 'customer_count') }} / customer_count, 6) as double)
            as expected_per_customer,
        {{ small_cell('customer_count') }} as is_suppressed

    from every_class

)

select * from final
