-- Grain: one row per fit: of the whole history, and of its first part, which the rest then tests.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

history as (

    select
        as_of.as_of,
        min(purchases.purchased_on) as started_on,
        as_of.as_of - min(purchases.purchased_on) as window_days

    from as_of

    left join {{ ref('int_purchase_margins') }} as purchases
        on purchases.purchase_number = 1

    group by as_of.as_of

),

-- whole weeks, because sales differ by weekday
history_with_test as (

    select
        *,
        coalesce(
            {% if var('clv_holdout_weeks') -%}
            least({{ 7 * var('clv_holdout_weeks') }}, window_days),
            {%- else -%}
            window_days // 14 * 7,
            {%- endif %}
            0
        ) as test_days

    from history

),

periods as (

    select
        'full' as fit_code,
        started_on,
        as_of as fitted_until,
        cast(coalesce(window_days, 0) as bigint) as window_days,
        cast(0 as bigint) as test_days

    from history_with_test

    union all

    select
        'calibration' as fit_code,
        started_on,
        cast(as_of - cast(test_days as integer) as date) as fitted_until,
        cast(coalesce(window_days, 0) - test_days as bigint) as window_days,
        cast(test_days as bigint) as test_days

    from history_with_test

)

select * from periods
