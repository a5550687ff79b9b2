-- Grain: one row per month and product; `all` is every product.
{%- set fewest = var('wom_multiple_minimum_conversions') %}
{%- set sides = ['wom', 'paid'] %}

with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

windows as (

    select * from {{ ref('wom_windows') }}

),

products_of_orders as (

    select distinct
        order_key,
        product_key

    from {{ ref('fct_order_items') }}
    where product_key is not null

),

-- every product is compared with the same windows: those in which it could have been bought
windows_by_month as (

    select
        month_start,
        count(*) filter (where touch_mix_code = 'wom_only') as wom_window_count,
        count(*) filter (where touch_mix_code = 'paid_only') as paid_window_count,
        count(*) filter (where touch_mix_code = 'mixed') as mixed_window_count

    from windows
    group by month_start

),

-- a window that bought a product twice has converted once
windows_of_products as (

    select distinct
        windows.customer_key,
        windows.month_start,
        windows.touch_mix_code,
        products_of_orders.product_key

    from windows

    inner join {{ ref('int_wom_window_sales') }} as sales
        on
            windows.customer_key = sales.customer_key
            and windows.month_start = sales.month_start

    inner join products_of_orders
        on sales.order_key = products_of_orders.order_key

    union all

    select
        customer_key,
        month_start,
        touch_mix_code,
        'all' as product_key

    from windows
    where is_converted

),

conversions_by_product as (

    select
        month_start,
        product_key,
        count(*) filter (where touch_mix_code = 'wom_only') as wom_conversion_count,
        count(*) filter (where touch_mix_code = 'paid_only') as paid_conversion_count,
        count(*) filter (where touch_mix_code = 'mixed') as mixed_conversion_count

    from windows_of_products
    group by month_start, product_key

),

-- the role of a side in a sale: it closed the sale, or it assisted and another touch closed
sales as (

    select
        touches.conversion_key,
        journeys.month_start,
        {%- for side in sides %}
        bool_or(coalesce(touches.touch_group_code = '{{ side }}', false)) as has_{{ side }},
        bool_or(
            coalesce(touches.touch_group_code = '{{ side }}', false) and touches.touch_position = touches.touch_count
        ) as is_closed_by_{{ side }},
        {%- endfor %}
        count(*) as touch_count

    from {{ ref('int_journey_touches') }} as touches

    inner join {{ ref('int_journeys') }} as journeys
        on touches.path_key = journeys.path_key

    where
        touches.goal_code = 'sale'
        and touches.conversion_key is not null
    group by touches.conversion_key, journeys.month_start

),

sales_of_products as (

    select
        sales.*,
        products_of_orders.product_key

    from sales

    inner join products_of_orders
        on substring(sales.conversion_key, length('sale:') + 1) = products_of_orders.order_key

    union all

    select
        *,
        'all' as product_key

    from sales

),

assists_by_product as (

    select
        month_start,
        product_key,
        {%- for side in sides %}
        count(*) filter (where has_{{ side }}) as {{ side }}_sale_count,
        count(*) filter (where has_{{ side }} and not is_closed_by_{{ side }}) as {{ side }}_assisted_count,
        {%- endfor %}
        count(*) as touched_sale_count

    from sales_of_products
    group by month_start, product_key

),

row_keys as (

    select
        month_start,
        product_key
    from conversions_by_product
    union
    select
        month_start,
        product_key
    from assists_by_product
    union
    select
        month_start,
        'all' as product_key
    from windows_by_month

),

month_counts as (

    select
        row_keys.month_start,
        row_keys.product_key,
        {%- for mix in ['wom', 'paid', 'mixed'] %}
        coalesce(windows_by_month.{{ mix }}_window_count, 0) as {{ mix }}_window_count,
        coalesce(conversions_by_product.{{ mix }}_conversion_count, 0) as {{ mix }}_conversion_count,
        {%- endfor %}
        {%- for side in sides %}
        coalesce(assists_by_product.{{ side }}_sale_count, 0) as {{ side }}_sale_count,
        coalesce(assists_by_product.{{ side }}_assisted_count, 0) as {{ side }}_assisted_count,
        {%- endfor %}
        coalesce(assists_by_product.touched_sale_count, 0) as touched_sale_count

    from row_keys

    left join windows_by_month
        on row_keys.month_start = windows_by_month.month_start

    left join conversions_by_product
        on
            row_keys.month_start = conversions_by_product.month_start
            and row_keys.product_key = conversions_by_product.product_key

    left join assists_by_product
        on
            row_keys.month_start = assists_by_product.month_start
            and row_keys.product_key = assists_by_product.product_key

),

months_with_multiple as (

    select
        *,
        {%- for mix in ['wom', 'paid', 'mixed'] %}
        {{ mix }}_conversion_count / nullif({{ mix }}_window_count, 0) as {{ mix }}_rate,
        {%- endfor %}
        case
            when least(wom_conversion_count, paid_conversion_count) >= {{ fewest }}
                then
                    {{ log_ratio_end(
                        'wom_conversion_count', 'wom_window_count', 'paid_conversion_count', 'paid_window_count', '-'
                    ) }}
        end as multiple_low,
        case
            when least(wom_conversion_count, paid_conversion_count) >= {{ fewest }}
                then
                    {{ log_ratio_end(
                        'wom_conversion_count', 'wom_window_count', 'paid_conversion_count', 'paid_window_count', '+'
                    ) }}
        end as multiple_high

    from month_counts

),

final as (

    select

        ---------- keys
        months_with_multiple.month_start,
        months_with_multiple.product_key,
        products.product_name,

        ---------- the rates, on one denominator
        months_with_multiple.wom_conversion_count,
        months_with_multiple.wom_window_count,
        cast(months_with_multiple.wom_rate as double) as wom_rate,
        months_with_multiple.paid_conversion_count,
        months_with_multiple.paid_window_count,
        cast(months_with_multiple.paid_rate as double) as paid_rate,
        months_with_multiple.mixed_conversion_count,
        months_with_multiple.mixed_window_count,
        cast(months_with_multiple.mixed_rate as double) as mixed_rate,

        ---------- the multiple
        cast(
            case
                when
                    months_with_multiple.multiple_low is not null
                    then months_with_multiple.wom_rate / months_with_multiple.paid_rate
            end as double
        ) as multiple,
        cast(round(months_with_multiple.multiple_low, 6) as double) as multiple_low,
        cast(round(months_with_multiple.multiple_high, 6) as double) as multiple_high,
        case
            when months_with_multiple.multiple_low is null then null
            when months_with_multiple.multiple_low > {{ var('wom_band_high') }} then 'above'
            when months_with_multiple.multiple_high < {{ var('wom_band_low') }} then 'below'
            when
                months_with_multiple.multiple_low >= {{ var('wom_band_low') }}
                and months_with_multiple.multiple_high <= {{ var('wom_band_high') }}
                then 'in_band'
            else 'undecided'
        end as band_code,
        -- a window of last week may still convert
        {{ plus_days(
            "cast(date_trunc('month', " ~ plus_days('months_with_multiple.month_start', '31') ~ ") as date)",
            lookback_days_of("'sale'")
        ) }} <= {{ plus_days('as_of.as_of', '1') }} as is_complete,

        ---------- parts in sales
        {%- for side in sides %}
        months_with_multiple.{{ side }}_sale_count,
        months_with_multiple.{{ side }}_assisted_count,
        cast(
            months_with_multiple.{{ side }}_assisted_count
            / nullif(months_with_multiple.touched_sale_count, 0) as double
        )
            as {{ side }}_assisted_share,
        {%- endfor %}
        months_with_multiple.touched_sale_count

    from months_with_multiple

    cross join as_of

    left join {{ ref('dim_products') }} as products
        on months_with_multiple.product_key = products.product_key

)

select * from final
