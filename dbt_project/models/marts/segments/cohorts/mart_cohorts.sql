-- Grain: one row per dimension, its value, month of the first purchase and months since.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

acquisition as (

    select * from {{ ref('int_customer_acquisition') }}

),

names as (

    {{ cohort_names() | indent(4) }}

),

sizes as (

    select
        {{ cohort_dimensions() | indent(8) }},
        acquired_month,
        count(*) as customer_count

    from acquisition
    group by grouping sets {{ cohort_sets(['acquired_month']) | indent(4) }}

),

purchases as (

    select
        acquisition.acquisition_group_code,
        acquisition.acquisition_strategy_code,
        acquisition.first_product_key,
        acquisition.acquired_month,
        cast(date_trunc('month', purchases.purchased_on) as date) as month_start,
        purchases.order_count,
        purchases.net_cny,
        -- each buyer of a month has one last purchase in it
        case
            when
                purchases.next_purchased_on is null
                or date_trunc('month', purchases.next_purchased_on) > date_trunc('month', purchases.purchased_on)
                then 1
            else 0
        end as is_last_of_month

    from {{ ref('int_purchase_margins') }} as purchases

    inner join acquisition
        on purchases.customer_key = acquisition.customer_key

),

active_cohorts as (

    select
        {{ cohort_dimensions() | indent(8) }},
        acquired_month,
        month_start,
        sum(is_last_of_month) as active_customer_count,
        sum(order_count) as order_count,
        sum(net_cny) as net_cny

    from purchases
    group by grouping sets {{ cohort_sets(['acquired_month', 'month_start']) | indent(4) }}

),

first_month as (

    select min(acquired_month) as acquired_month
    from acquisition

),

months as (

    {{ month_series('(select acquired_month from first_month)', '(select as_of from as_of)') }}

),

cells as (

    select
        sizes.dimension_code,
        sizes.dimension_value,
        names.dimension_name,
        sizes.acquired_month as cohort_month,
        12 * (extract(year from months.month_start) - extract(year from sizes.acquired_month))
        + extract(month from months.month_start) - extract(month from sizes.acquired_month) as period_number,
        sizes.customer_count,
        coalesce(active_cohorts.active_customer_count, 0) as active_customer_count,
        coalesce(active_cohorts.order_count, 0) as order_count,
        coalesce(active_cohorts.net_cny, 0) as net_cny,
        sum(coalesce(active_cohorts.net_cny, 0)) over (
            partition by sizes.dimension_code, sizes.dimension_value, sizes.acquired_month
            order by months.month_start
        ) as cumulative_net_cny,
        -- a month that is not over cannot be judged yet
        months.month_start + interval '1 month' <= as_of.as_of + interval '1 day' as is_complete,
        {{ small_cell('sizes.customer_count') }} as is_small_cohort,
        -- purchases of one or two customers in a month are a small cell, however large the cohort
        {{ small_cell('active_cohorts.active_customer_count') }} as is_small_month

    from sizes

    inner join months
        on sizes.acquired_month <= months.month_start

    cross join as_of

    left join active_cohorts
        on
            sizes.dimension_code = active_cohorts.dimension_code
            and sizes.dimension_value = active_cohorts.dimension_value
            and sizes.acquired_month = active_cohorts.acquired_month
            and months.month_start = active_cohorts.month_start

    left join names
        on
            sizes.dimension_code = names.dimension_code
            and sizes.dimension_value = names.dimension_value

),

final as (

    {%- set when_shown = 'case when is_complete and not is_small_cohort and not is_small_month then ' %}

    select

        ---------- keys
        dimension_code,
        dimension_value,
        dimension_name,
        cohort_month,
        cast(period_number as integer) as period_number,

        ---------- measures
        cast(case when not is_small_cohort then customer_count end as bigint) as customer_count,
        cast({{ when_shown }}active_customer_count end as bigint) as active_customer_count,
        cast(round({{ when_shown }}active_customer_count / customer_count end, 6) as double) as retention_share,
        cast({{ when_shown }}order_count end as bigint) as order_count,
        cast({{ when_shown }}net_cny end as decimal(18, 2)) as net_cny,
        cast({{ when_shown }}cumulative_net_cny end as decimal(18, 2)) as cumulative_net_cny,
        cast({{ when_shown }}cumulative_net_cny / customer_count end as decimal(18, 2))
            as cumulative_net_per_customer_cny,
        is_complete,
        is_small_cohort or is_small_month as is_suppressed

    from cells

)

select * from final
