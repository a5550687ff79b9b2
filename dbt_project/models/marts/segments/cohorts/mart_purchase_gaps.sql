-- Grain: one row per dimension and its value: the time from a purchase to the customer's next one.
{%- set last_number = 5 %}

with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

purchases as (

    select
        conversions.customer_key,
        products.category_code,
        cast(conversions.converted_at as date) as purchased_on,
        row_number() over by_time as purchase_number,
        cast(lead(conversions.converted_at) over by_time as date) as next_purchased_on,
        as_of.as_of

    from {{ ref('fct_conversions') }} as conversions

    inner join as_of
        on cast(conversions.converted_at as date) <= as_of.as_of

    left join {{ ref('dim_products') }} as products
        on conversions.product_key = products.product_key

    where
        conversions.goal_code in ('acquisition', 'retention')
        and conversions.customer_key is not null
    window
        by_time as (
            partition by conversions.customer_key
            order by conversions.converted_at, conversions.conversion_key
        )

),

waits as (

    select
        customer_key,
        coalesce(category_code, 'unknown') as category_code,
        cast(least(purchase_number, {{ last_number }}) as {{ dbt.type_string() }})
        || case when purchase_number >= {{ last_number }} then '+' else '' end as purchase_number,
        coalesce(next_purchased_on, as_of) - purchased_on as wait_days,
        case when next_purchased_on is not null then 1 else 0 end as is_ended

    from purchases

),

customers as (

    select
        case
            when grouping(purchase_number) = 0 then 'purchase_number'
            when grouping(category_code) = 0 then 'category'
            else 'all'
        end as dimension_code,
        coalesce(purchase_number, category_code, 'all') as dimension_value,
        count(distinct customer_key) as customer_count

    from waits
    group by grouping sets ((), (purchase_number), (category_code))

),

days as (

    select
        case
            when grouping(purchase_number) = 0 then 'purchase_number'
            when grouping(category_code) = 0 then 'category'
            else 'all'
        end as dimension_code,
        coalesce(purchase_number, category_code, 'all') as dimension_value,
        wait_days,
        count(*) as wait_count,
        sum(is_ended) as ended_count

    from waits
    group by grouping sets ((wait_days), (wait_days, purchase_number), (wait_days, category_code))

),

at_risk as (

    select
        *,
        sum(wait_count) over (
            partition by dimension_code, dimension_value
            order by wait_days desc
        ) as at_risk_count,
        sum(ended_count) over (partition by dimension_code, dimension_value order by wait_days) as ended_so_far,
        sum(ended_count) over (partition by dimension_code, dimension_value) as ended_total

    from days

),

-- Kaplan and Meier (1958): customers who have not come back count for as long as they were observed
curves as (

    select
        *,
        exp(sum(
            -- all customers at risk came back, so the curve reaches 0
            case when ended_count = at_risk_count then -1000.0 else ln(1 - ended_count / at_risk_count) end
        ) over (partition by dimension_code, dimension_value order by wait_days)) as waiting_share

    from at_risk

),

gap_quantiles as (

    select
        dimension_code,
        dimension_value,
        sum(wait_count) as purchase_count,
        sum(ended_count) as gap_count,
        sum(wait_days * ended_count) / nullif(sum(ended_count), 0) as mean_gap_days,
        {%- for percent in [10, 25, 50, 75, 90] %}
        min(wait_days) filter (where 100 * ended_so_far >= {{ percent }} * ended_total and ended_total > 0)
            as gap_p{{ percent }}_days,
        {%- endfor %}
        {%- for percent in [25, 50] %}
        min(wait_days) filter (where waiting_share <= {{ 1 - percent / 100 }} + 1e-12) as wait_p{{ percent }}_days,
        {%- endfor %}
        {%- for days in [30, 60, 90, 180, 365] %}
        -- unknown until a customer has been observed for so long
        case
            when max(wait_days) >= {{ days }}
                then 1 - coalesce(min(waiting_share) filter (where wait_days <= {{ days }}), 1)
        end as again_within_{{ days }}d_share
        {%- if not loop.last %},{% endif %}
        {%- endfor %}

    from curves
    group by dimension_code, dimension_value

),

final as (

    {%- set count = 'customers.customer_count' %}

    select

        ---------- keys
        gap_quantiles.dimension_code,
        gap_quantiles.dimension_value,

        ---------- counts
        cast({{ unless_small(count, count) }} as bigint) as customer_count,
        cast({{ unless_small('gap_quantiles.purchase_count', count) }} as bigint) as purchase_count,
        cast({{ unless_small('gap_quantiles.gap_count', count) }} as bigint) as gap_count,

        ---------- of those who came back
        cast(round({{ unless_small('gap_quantiles.mean_gap_days', count) }}, 4) as double) as mean_gap_days,
        {%- for percent in [10, 25, 50, 75, 90] %}
        cast(
            {{ unless_small('gap_quantiles.gap_p' ~ percent ~ '_days', count) }} as integer
        ) as gap_p{{ percent }}_days,
        {%- endfor %}

        ---------- of everybody
        {%- for percent in [25, 50] %}
        cast(
            {{ unless_small('gap_quantiles.wait_p' ~ percent ~ '_days', count) }} as integer
        ) as wait_p{{ percent }}_days,
        {%- endfor %}
        {%- for days in [30, 60, 90, 180, 365] %}
        cast(round({{ unless_small('gap_quantiles.again_within_' ~ days ~ 'd_share', count) }}, 6) as double)
            as again_within_{{ days }}d_share,
        {%- endfor %}
        {{ small_cell(count) }} as is_suppressed

    from gap_quantiles

    inner join customers
        on
            gap_quantiles.dimension_code = customers.dimension_code
            and gap_quantiles.dimension_value = customers.dimension_value

)

select * from final
