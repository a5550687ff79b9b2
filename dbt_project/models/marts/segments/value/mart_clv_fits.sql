-- Grain: one row per fit of the lifetime value models.
{#- the fit that is tested has half of the history #}
{%- set asked_share = '(case when periods.test_days > 0 then 0.5 else 1 end)' %}

with

fits as (

    select * from {{ ref('int_clv_fits') }}

),

periods as (

    select * from {{ ref('int_clv_periods') }}

),

known_margin as (

    select
        sum(net_cny) as net_cny,
        sum(known_net_cny) as known_net_cny,
        sum(margin_cny) as margin_cny

    from {{ ref('int_clv_customers') }}

),

holdout as (

    select
        sum(expected.expected_test_orders) as expected_order_count,
        sum(customers.test_purchase_count) as actual_order_count,
        avg(abs(expected.expected_test_orders - customers.test_purchase_count)) as mean_absolute_error

    from {{ ref('int_clv_customers') }} as customers

    inner join {{ ref('int_clv_expectations') }} as expected
        on
            customers.calibration_frequency = expected.frequency
            and customers.calibration_recency_days = expected.recency_days
            and customers.calibration_age_days = expected.age_days
            and expected.fit_code = 'calibration'

),

fits_with_status as (

    select
        fits.*,
        periods.started_on,
        periods.fitted_until,
        periods.window_days,
        periods.test_days,
        case
            when fits.customer_count = 0 then 'no_purchases'
            when periods.window_days < {{ 7 * var('clv_fewest_weeks') }} * {{ asked_share }}
                then 'window_too_short'
            when fits.repeater_count < {{ var('clv_fewest_repeaters') }} * {{ asked_share }}
                then 'too_few_repeaters'
            when fits.r is null then 'not_fitted'
            when fits.is_at_bound then 'at_bound'
            when not fits.is_converged then 'not_converged'
            else 'ok'
        end as status_code,
        case
            when fits.spender_count < {{ var('clv_fewest_repeaters') }} * {{ asked_share }}
                then 'too_few_repeaters'
            when fits.p is null then 'not_fitted'
            when fits.is_spend_at_bound then 'at_bound'
            when not fits.is_spend_converged then 'not_converged'
            when fits.q <= 1 then 'no_mean'
            else 'ok'
        end as spend_status_code

    from fits

    inner join periods
        on fits.fit_code = periods.fit_code

),

final as (

    select

        ---------- keys
        fits_with_status.fit_code,
        'clv:'
        || fits_with_status.fit_code
        || ':'
        || cast(fits_with_status.fitted_until as {{ dbt.type_string() }}) as model_fit_id,

        ---------- whether it is to be trusted
        fits_with_status.status_code,
        fits_with_status.spend_status_code,
        fits_with_status.frequency_monetary_correlation,
        coalesce(
            abs(fits_with_status.frequency_monetary_correlation) >= {{ var('clv_correlation_warning_from') }}, false
        )
            as has_correlation_warning,
        fits_with_status.window_days < {{ 7 * var('clv_short_weeks') }} as has_short_window_warning,

        ---------- what it rests on
        fits_with_status.started_on,
        fits_with_status.fitted_until,
        fits_with_status.window_days,
        fits_with_status.customer_count,
        fits_with_status.repeater_count,
        fits_with_status.spender_count,

        ---------- how often they buy, and when they stop
        fits_with_status.r,
        fits_with_status.alpha,
        fits_with_status.a,
        fits_with_status.b,
        fits_with_status.log_likelihood,

        ---------- what they spend
        fits_with_status.p,
        fits_with_status.q,
        fits_with_status.v,
        fits_with_status.spend_log_likelihood,
        cast(
            case
                when fits_with_status.q > 1 then fits_with_status.p * fits_with_status.v / (fits_with_status.q - 1)
            end as decimal(18, 2)
        )
            as mean_purchase_cny,

        ---------- the test
        fits_with_status.test_days,
        {%- set of_test = 'case when fits_with_status.test_days > 0 then ' %}
        cast(round({{ of_test }}holdout.expected_order_count end, 4) as double) as expected_test_order_count,
        cast({{ of_test }}holdout.actual_order_count end as bigint) as actual_test_order_count,
        cast(
            round(
                {{ of_test }}holdout.expected_order_count / nullif(holdout.actual_order_count, 0) - 1 end, 6
            ) as double
        ) as test_bias_share,
        cast(round({{ of_test }}holdout.mean_absolute_error end, 6) as double) as test_mean_absolute_error,
        coalesce(
            {{ of_test }}abs(holdout.expected_order_count / nullif(holdout.actual_order_count, 0) - 1) end
            >= {{ var('clv_bias_warning_from') }},
            false
        ) as has_bias_warning,

        ---------- what a purchase leaves, and what waiting costs
        cast(case
            when known_margin.known_net_cny >= {{ var('payback_fewest_known_share') }} * known_margin.net_cny
                then round(known_margin.margin_cny / nullif(known_margin.known_net_cny, 0), 6)
        end as double) as margin_share,
        cast({{ var('clv_annual_discount_rate') }} as double) as annual_discount_rate

    from fits_with_status

    cross join known_margin

    cross join holdout

)

select * from final
