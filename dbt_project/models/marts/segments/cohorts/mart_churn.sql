-- Grain: one row per dimension, its value and month: who had not lapsed at its start, and who then did.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

lapse as (

    -- days after the last purchase on which a buyer becomes dormant, by the lifecycle rules
    select min(from_day) as lapsed_days
    from {{ ref('lifecycle_rules') }}
    where lifecycle_code in ('dormant', 'lost')

),

names as (

    {{ cohort_names() | indent(4) }}

),

purchases as (

    select
        acquisition.acquisition_group_code,
        acquisition.acquisition_strategy_code,
        acquisition.first_product_key,
        purchases.purchase_number,
        purchases.purchased_on,
        coalesce(purchases.purchased_on - purchases.previous_purchased_on >= lapse.lapsed_days, false) as is_return,
        purchases.purchased_on + lapse.lapsed_days as lapsed_on,
        coalesce(purchases.next_purchased_on < purchases.purchased_on + lapse.lapsed_days, false) as is_followed

    from {{ ref('int_purchase_margins') }} as purchases

    inner join {{ ref('int_customer_acquisition') }} as acquisition
        on purchases.customer_key = acquisition.customer_key

    cross join lapse

),

-- a further purchase of a buyer who has not lapsed changes nothing
changes as (

    select
        acquisition_group_code,
        acquisition_strategy_code,
        first_product_key,
        cast(date_trunc('month', purchased_on) as date) as month_start,
        case when purchase_number = 1 then 1 else 0 end as new_count,
        case when is_return then 1 else 0 end as returned_count,
        0 as lapsed_count,
        0 as new_lapsed_count

    from purchases
    where
        purchase_number = 1
        or is_return

    union all

    select
        purchases.acquisition_group_code,
        purchases.acquisition_strategy_code,
        purchases.first_product_key,
        cast(date_trunc('month', purchases.lapsed_on) as date) as month_start,
        0 as new_count,
        0 as returned_count,
        1 as lapsed_count,
        -- came (back) and lapsed within one month: not a loss among the buyers at its start
        case
            when date_trunc('month', purchases.purchased_on) = date_trunc('month', purchases.lapsed_on) then 1
            else 0
        end as new_lapsed_count

    from purchases

    inner join as_of
        on purchases.lapsed_on <= as_of.as_of

    where not purchases.is_followed

),

monthly as (

    select
        {{ cohort_dimensions() | indent(8) }},
        month_start,
        sum(new_count) as new_count,
        sum(returned_count) as returned_count,
        sum(lapsed_count) as lapsed_count,
        sum(new_lapsed_count) as new_lapsed_count

    from changes
    group by grouping sets {{ cohort_sets(['month_start']) | indent(4) }}

),

cohort_starts as (

    select
        dimension_code,
        dimension_value,
        min(month_start) as first_month

    from monthly
    group by dimension_code, dimension_value

),

first_month as (

    select min(month_start) as month_start
    from monthly

),

months as (

    {{ month_series('(select month_start from first_month)', '(select as_of from as_of)') }}

),

cohort_months as (

    select
        cohort_starts.dimension_code,
        cohort_starts.dimension_value,
        months.month_start,
        coalesce(monthly.new_count, 0) as new_count,
        coalesce(monthly.returned_count, 0) as returned_count,
        coalesce(monthly.lapsed_count, 0) as lapsed_count,
        coalesce(monthly.new_lapsed_count, 0) as new_lapsed_count,
        sum(coalesce(monthly.new_count + monthly.returned_count - monthly.lapsed_count, 0)) over (
            partition by cohort_starts.dimension_code, cohort_starts.dimension_value
            order by months.month_start
        ) as end_count

    from cohort_starts

    inner join months
        on cohort_starts.first_month <= months.month_start

    left join monthly
        on
            cohort_starts.dimension_code = monthly.dimension_code
            and cohort_starts.dimension_value = monthly.dimension_value
            and months.month_start = monthly.month_start

),

months_with_start as (

    select
        cohort_months.*,
        names.dimension_name,
        cohort_months.end_count
        - cohort_months.new_count
        - cohort_months.returned_count
        + cohort_months.lapsed_count as start_count,
        cohort_months.month_start + interval '1 month' <= as_of.as_of + interval '1 day' as is_complete

    from cohort_months

    cross join as_of

    left join names
        on
            cohort_months.dimension_code = names.dimension_code
            and cohort_months.dimension_value = names.dimension_value

),

months_with_suppression as (

    select
        *,
        {{ small_cell('start_count') }}
        or {{ small_cell('(start_count + new_count + returned_count)') }} as is_suppressed

    from months_with_start

),

final as (

    {%- set when_shown = 'case when is_complete and not is_suppressed then ' %}

    select

        ---------- keys
        dimension_code,
        dimension_value,
        dimension_name,
        month_start,

        ---------- people
        cast(case when not is_suppressed then start_count end as bigint) as customer_count,
        cast({{ when_shown }}new_count end as bigint) as new_customer_count,
        cast({{ when_shown }}returned_count end as bigint) as returned_customer_count,
        cast({{ when_shown }}lapsed_count end as bigint) as lapsed_customer_count,
        cast({{ when_shown }}end_count end as bigint) as end_customer_count,

        ---------- shares
        cast(round({{ when_shown }}(lapsed_count - new_lapsed_count) / nullif(start_count, 0) end, 6) as double)
            as lapsed_within_month_share,
        -- rounded, so that 0 of 0 does not fall below 0
        {%- set lapsed = '(lapsed_count - new_lapsed_count)' %}
        {%- for side, name in [('-', 'low'), ('+', 'high')] %}
        cast(abs(round({{ when_shown }}{{ wilson_end(lapsed, 'start_count', side) }} end, 6)) as double)
            as lapsed_within_month_share_{{ name }},
        {%- endfor %}
        is_complete,
        is_suppressed

    from months_with_suppression

)

select * from final
