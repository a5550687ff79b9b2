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

-- every product is held against the same windows: those in which it could have been bought
opened as (

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

converted as (

    select
        month_start,
        product_key,
        count(*) filter (where touch_mix_code = 'wom_only') as wom_conversion_count,
        count(*) filter (where touch_mix_code = 'paid_only') as paid_conversion_count,
        count(*) filter (where touch_mix_code = 'mixed') as mixed_conversion_count

    from windows_of_products
    group by month_start, product_key

),

-- what part a side took in a sale: it closed it, or it was there and something else closed
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

assisted as (

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

kept as (

    select
        month_start,
        product_key
    from converted
    union
    select
        month_start,
        product_key
    from assisted
    union
    select
        month_start,
        'all' as product_key
    from opened

),

counted as (

    select
        kept.month_start,
        kept.product_key,
        {%- for mix in ['wom', 'paid', 'mixed'] %}
        coalesce(opened.{{ mix }}_window_count, 0) as {{ mix }}_window_count,
        coalesce(converted.{{ mix }}_conversion_count, 0) as {{ mix }}_conversion_count,
        {%- endfor %}
        {%- for side in sides %}
        coalesce(assisted.{{ side }}_sale_count, 0) as {{ side }}_sale_count,
        coalesce(assisted.{{ side }}_assisted_count, 0) as {{ side }}_assisted_count,
        {%- endfor %}
        coalesce(assisted.touched_sale_count, 0) as touched_sale_count

    from kept

    left join opened
        on kept.month_start = opened.month_start

    left join converted
        on
            kept.month_start = converted.month_start
            and kept.product_key = converted.product_key

    left join assisted
        on
            kept.month_start = assisted.month_start
            and kept.product_key = assisted.product_key

),

compared as (

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

    from counted

),

final as (

    select

        ---------- keys
        compared.month_start,
        compared.product_key,
        products.product_name,

        ---------- the rates, on one denominator
        compared.wom_conversion_count,
        compared.wom_window_count,
        cast(compared.wom_rate as double) as wom_rate,
        compared.paid_conversion_count,
        compared.paid_window_count,
        cast(compared.paid_rate as double) as paid_rate,
        compared.mixed_conversion_count,
        compared.mixed_window_count,
        cast(compared.mixed_rate as double) as mixed_rate,

        ---------- the multiple
        cast(
            case when compared.multiple_low is not null then compared.wom_rate / compared.paid_rate end as double
        ) as multiple,
        cast(round(compared.multiple_low, 6) as double) as multiple_low,
        cast(round(compared.multiple_high, 6) as double) as multiple_high,
        case
            when compared.multiple_low is null then null
            when compared.multiple_low > {{ var('wom_band_high') }} then 'above'
            when compared.multiple_high < {{ var('wom_band_low') }} then 'below'
            when
                compared.multiple_low >= {{ var('wom_band_low') }}
                and compared.multiple_high <= {{ var('wom_band_high') }}
                then 'in_band'
            else 'undecided'
        end as band_code,
        -- a window of last week may still convert
        {{ plus_days(
            "cast(date_trunc('month', " ~ plus_days('compared.month_start', '31') ~ ") as date)",
            lookback_days_of("'sale'")
        ) }} <= {{ plus_days('as_of.as_of', '1') }} as is_complete,

        ---------- parts in sales
        {%- for side in sides %}
        compared.{{ side }}_sale_count,
        compared.{{ side }}_assisted_count,
        cast(compared.{{ side }}_assisted_count / nullif(compared.touched_sale_count, 0) as double)
            as {{ side }}_assisted_share,
        {%- endfor %}
        compared.touched_sale_count

    from compared

    cross join as_of

    left join {{ ref('dim_products') }} as products
        on compared.product_key = products.product_key

)

select * from final
