-- Grain: one row per lift, metric and day of its windows, of what was treated and of its controls.
with

lifts as (

    select * from {{ ref('int_lifts') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

keywords as (

    select * from {{ ref('search_keywords') }}

),

items as (

    select
        cast(items.ordered_at as date) as day,
        items.order_ref,
        items.product_key,
        products.category_code,
        items.quantity,
        items.net_cny

    from {{ ref('fct_order_items') }} as items

    left join products
        on items.product_key = products.product_key

    where
        items.is_valid
        and items.ordered_at is not null

),

searches as (

    select
        searched_on as day,
        keyword,
        sum(search_count) as search_count

    from {{ ref('stg_search_demand') }}
    group by searched_on, keyword

),

keywords_with_searches as (

    select distinct keyword from searches

),

-- a search term means the longest listed keyword in it, else the category whose product names contain it
categories_of_keywords as (

    select
        keywords_with_searches.keyword,
        coalesce(
            max_by(keywords.category_code, length(keywords.keyword)),
            case when count(distinct products.category_code) = 1 then max(products.category_code) end
        ) as category_code

    from keywords_with_searches

    left join keywords
        on position(keywords.keyword in keywords_with_searches.keyword) > 0

    left join products
        on position(keywords_with_searches.keyword in products.product_name) > 0

    group by keywords_with_searches.keyword

),

sales as (

    {% for kind, code in [('product', 'product_key'), ('category', 'category_code')] -%}
    select
        '{{ kind }}' as series_kind,
        {{ code }} as series_code,
        day,
        count(distinct order_ref) as orders,
        sum(quantity) as sale_units,
        sum(net_cny) as sales_cny

    from items
    where {{ code }} is not null
    group by {{ code }}, day

    {% if not loop.last %}union all{% endif %}

    {% endfor %}
),

series as (

    {% for metric in ['orders', 'sale_units', 'sales_cny'] -%}
    select
        series_kind,
        series_code,
        '{{ metric }}' as metric_code,
        day,
        cast({{ metric }} as double) as value

    from sales

    union all

    {% endfor -%}
    select
        'category' as series_kind,
        categories_of_keywords.category_code as series_code,
        'searches' as metric_code,
        searches.day,
        cast(sum(searches.search_count) as double) as value

    from searches

    inner join categories_of_keywords
        on searches.keyword = categories_of_keywords.keyword

    where categories_of_keywords.category_code is not null
    group by categories_of_keywords.category_code, searches.day

),

metrics as (

    -- a day without sales rows has no sales, up to the last day of the data; searches are known only for exported days
    select
        series.metric_code,
        min(series.day) as first_on,
        case when series.metric_code = 'searches' then max(series.day) else max(as_of.as_of) end as last_on

    from series

    cross join {{ ref('stg_as_of') }} as as_of

    group by series.metric_code

),

series_with_metric as (

    select distinct
        series_kind,
        series_code,
        metric_code

    from series

),

---------- who is compared with whom

other_categories as (

    select
        lifts.lift_code,
        series_with_metric.metric_code,
        series_with_metric.series_code,
        lifts.control_codes is not null as is_chosen,
        -- a category promoted by another campaign in the same days is no control
        not exists (
            select 1
            from lifts as meanwhile
            where
                meanwhile.treated_kind = lifts.treated_kind
                and meanwhile.treated_code = series_with_metric.series_code
                and meanwhile.starts_on <= lifts.after_end
                and meanwhile.ends_on >= lifts.before_start
        ) as is_clean

    from lifts

    inner join series_with_metric
        on
            lifts.treated_kind = series_with_metric.series_kind
            and lifts.treated_code <> series_with_metric.series_code
            and (
                lifts.control_codes is null
                or position(
                    ';' || series_with_metric.series_code || ';' in ';' || replace(lifts.control_codes, ' ', '') || ';'
                )
                > 0
            )

),

controls as (

    -- where every candidate was promoted, all of them serve as controls
    select
        lift_code,
        metric_code,
        series_code,
        is_clean

    from other_categories
    qualify is_chosen or is_clean or not bool_or(is_clean) over (partition by lift_code, metric_code)

),

roles as (

    select
        lifts.lift_code,
        series_with_metric.metric_code,
        series_with_metric.series_kind,
        series_with_metric.series_code,
        true as is_treated,
        true as is_clean

    from lifts

    inner join series_with_metric
        on
            lifts.treated_kind = series_with_metric.series_kind
            and lifts.treated_code = series_with_metric.series_code

    union all

    select
        controls.lift_code,
        controls.metric_code,
        lifts.treated_kind as series_kind,
        controls.series_code,
        false as is_treated,
        controls.is_clean

    from controls

    inner join lifts
        on controls.lift_code = lifts.lift_code

),

controls_of_lift as (

    select
        lift_code,
        metric_code,
        count(*) filter (where not is_treated) as control_count,
        bool_and(is_clean) as is_control_clean,
        string_agg(case when not is_treated then series_code end, ';' order by series_code) as control_codes

    from roles
    group by lift_code, metric_code

),

sums as (

    select
        roles.lift_code,
        roles.metric_code,
        series.day,
        sum(case when roles.is_treated then series.value else 0 end) as treated_value,
        sum(case when roles.is_treated then 0 else series.value end) as control_value

    from roles

    inner join series
        on
            roles.metric_code = series.metric_code
            and roles.series_kind = series.series_kind
            and roles.series_code = series.series_code

    group by roles.lift_code, roles.metric_code, series.day

),

calendar as (

    {{ day_series(
        "(select min(before_start) from lifts)",
        "(select max(after_end) from lifts)"
    ) }}

),

days as (

    select
        lifts.lift_code,
        metrics.metric_code,
        calendar.day,
        case
            when calendar.day < lifts.starts_on then 'before'
            when calendar.day <= lifts.ends_on then 'during'
            else 'after'
        end as period_code,
        metrics.first_on,
        metrics.last_on

    from lifts

    cross join metrics

    inner join calendar
        on
            lifts.before_start <= calendar.day
            and lifts.after_end >= calendar.day

    where
        calendar.day >= metrics.first_on
        and calendar.day <= metrics.last_on

),

final as (

    select
        days.lift_code,
        days.metric_code,
        days.day,
        days.period_code,
        -- amounts in cents have the same sum in any order
        round(coalesce(sums.treated_value, 0), 2) as treated_value,
        round(coalesce(sums.control_value, 0), 2) as control_value,
        coalesce(controls_of_lift.control_count, 0) as control_count,
        controls_of_lift.control_codes,
        controls_of_lift.is_control_clean,
        days.first_on as data_first_on,
        days.last_on as data_last_on

    from days

    left join controls_of_lift
        on
            days.lift_code = controls_of_lift.lift_code
            and days.metric_code = controls_of_lift.metric_code

    left join sums
        on
            days.lift_code = sums.lift_code
            and days.metric_code = sums.metric_code
            and days.day = sums.day

)

select * from final
