-- Grain: one row per dimension, its value and month: those whose first purchase it was, and all buyers up to its end.
{%- set windows = [30, 60, 90] %}

with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

names as (

    {{ cohort_names() | indent(4) }}

),

purchases as (

    select
        acquisition.acquisition_group_code,
        acquisition.acquisition_strategy_code,
        acquisition.first_product_key,
        purchases.purchased_on,
        purchases.previous_purchased_on,
        purchases.next_purchased_on,
        purchases.purchase_number

    from {{ ref('int_purchase_margins') }} as purchases

    inner join {{ ref('int_customer_acquisition') }} as acquisition
        on purchases.customer_key = acquisition.customer_key

),

firsts as (

    select
        {{ cohort_dimensions() | indent(8) }},
        cast(date_trunc('month', purchases.purchased_on) as date) as month_start,
        {%- for days in windows %}
        -- a buyer whose window is not over cannot be judged yet
        count(*) filter (where purchases.purchased_on + {{ days }} <= as_of.as_of) as matured_{{ days }}d_count,
        sum(case
            when
                purchases.next_purchased_on <= purchases.purchased_on + {{ days }}
                and purchases.purchased_on + {{ days }} <= as_of.as_of
                then 1
            else 0
        end) as repurchased_{{ days }}d_count,
        {%- endfor %}
        count(*) as customer_count

    from purchases

    cross join as_of

    where purchases.purchase_number = 1
    group by grouping sets {{ cohort_sets(['month_start']) | indent(4) }}

),

-- A buyer counts from a purchase until the next one takes its place, or it is 365 days old; one with two or more until
-- the purchase before is. Entries less exits up to a month's end are the buyers on its last day.
steps as (

    select
        acquisition_group_code,
        acquisition_strategy_code,
        first_product_key,
        purchased_on as stepped_on,
        1 as buyer_step,
        0 as repeat_step

    from purchases

    union all

    select
        acquisition_group_code,
        acquisition_strategy_code,
        first_product_key,
        least(next_purchased_on, purchased_on + 365) as stepped_on,
        -1 as buyer_step,
        0 as repeat_step

    from purchases

    union all

    select
        acquisition_group_code,
        acquisition_strategy_code,
        first_product_key,
        purchased_on as stepped_on,
        0 as buyer_step,
        1 as repeat_step

    from purchases
    where purchased_on < previous_purchased_on + 365

    union all

    select
        acquisition_group_code,
        acquisition_strategy_code,
        first_product_key,
        least(next_purchased_on, previous_purchased_on + 365) as stepped_on,
        0 as buyer_step,
        -1 as repeat_step

    from purchases
    where purchased_on < previous_purchased_on + 365

),

steps_by_month as (

    select
        {{ cohort_dimensions() | indent(8) }},
        cast(date_trunc('month', steps.stepped_on) as date) as month_start,
        sum(steps.buyer_step) as buyer_step,
        sum(steps.repeat_step) as repeat_step

    from steps

    inner join as_of
        on steps.stepped_on <= as_of.as_of

    group by grouping sets {{ cohort_sets(['month_start']) | indent(4) }}

),

history as (

    select min(purchased_on) as started_on
    from purchases

),

months as (

    {{ month_series('(select started_on from history)', '(select as_of from as_of)') }}

),

cohort_starts as (

    select
        dimension_code,
        dimension_value,
        min(month_start) as first_month

    from steps_by_month
    group by dimension_code, dimension_value

),

cohort_months as (

    select
        cohort_starts.dimension_code,
        cohort_starts.dimension_value,
        names.dimension_name,
        months.month_start,
        coalesce(firsts.customer_count, 0) as customer_count,
        {%- for days in windows %}
        coalesce(firsts.matured_{{ days }}d_count, 0) as matured_{{ days }}d_count,
        coalesce(firsts.repurchased_{{ days }}d_count, 0) as repurchased_{{ days }}d_count,
        {%- endfor %}
        -- 365 days that end with the month, and are known from their first to their last
        {%- for step, count in [('buyer_step', 'buyer_count'), ('repeat_step', 'repeat_buyer_count')] %}
        case
            when
                months.month_start + interval '1 month' >= history.started_on + interval '365 days'
                and months.month_start + interval '1 month' <= as_of.as_of + interval '1 day'
                then sum(coalesce(steps_by_month.{{ step }}, 0)) over so_far
        end as {{ count }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}

    from cohort_starts

    inner join months
        on cohort_starts.first_month <= months.month_start

    cross join history

    cross join as_of

    left join firsts
        on
            cohort_starts.dimension_code = firsts.dimension_code
            and cohort_starts.dimension_value = firsts.dimension_value
            and months.month_start = firsts.month_start

    left join steps_by_month
        on
            cohort_starts.dimension_code = steps_by_month.dimension_code
            and cohort_starts.dimension_value = steps_by_month.dimension_value
            and months.month_start = steps_by_month.month_start

    left join names
        on
            cohort_starts.dimension_code = names.dimension_code
            and cohort_starts.dimension_value = names.dimension_value
    window
        so_far as (
            partition by cohort_starts.dimension_code, cohort_starts.dimension_value
            order by months.month_start
        )

),

final as (

    select

        ---------- keys
        dimension_code,
        dimension_value,
        dimension_name,
        month_start,

        ---------- those whose first purchase it was
        cast({{ unless_small('customer_count', 'customer_count') }} as bigint) as customer_count,
        {%- for days in windows %}
        {%- set matured = 'matured_' ~ days ~ 'd_count' %}
        {%- set repurchased = 'repurchased_' ~ days ~ 'd_count' %}
        cast({{ unless_small(matured, matured) }} as bigint) as matured_{{ days }}d_customer_count,
        cast({{ unless_small(repurchased, matured) }} as bigint) as repurchased_{{ days }}d_customer_count,
        cast(round({{ unless_small(repurchased ~ ' / nullif(' ~ matured ~ ', 0)', matured) }}, 6) as double)
            as repurchase_rate_{{ days }}d,
        {%- for side, name in [('-', 'low'), ('+', 'high')] %}
        cast(abs(round({{ unless_small(wilson_end(repurchased, matured, side), matured) }}, 6)) as double)
            as repurchase_rate_{{ days }}d_{{ name }},
        {%- endfor %}
        {%- endfor %}

        ---------- all buyers of the 365 days that end with the month
        cast({{ unless_small('buyer_count', 'buyer_count') }} as bigint) as buyer_365d_customer_count,
        cast({{ unless_small('repeat_buyer_count', 'buyer_count') }} as bigint) as repeat_buyer_365d_customer_count,
        cast(round({{ unless_small('repeat_buyer_count / nullif(buyer_count, 0)', 'buyer_count') }}, 6) as double)
            as repeat_buyer_share_365d,
        {{ small_cell('customer_count') }} as is_suppressed

    from cohort_months

)

select * from final
