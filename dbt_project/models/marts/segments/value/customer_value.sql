-- Grain: one row per customer who has bought.
with

fit as (

    select * from {{ ref('mart_clv_fits') }}
    where fit_code = 'full'

),

customers as (

    select * from {{ ref('int_clv_customers') }}

),

expectations as (

    select * from {{ ref('int_clv_expectations') }}
    where fit_code = 'full'

),

customers_with_value as (

    select
        customers.*,
        fit.model_fit_id,
        fit.margin_share,
        case
            when fit.status_code <> 'ok' then fit.status_code
            when fit.spend_status_code <> 'ok' then 'spend_' || fit.spend_status_code
            else 'ok'
        end as value_status_code,
        -- values of a fit that is not trusted are null, and the status gives the reason
        case when fit.status_code = 'ok' then expectations.p_alive end as p_alive,
        case when fit.status_code = 'ok' then expectations.expected_orders_12m end as expected_orders_12m,
        case when fit.status_code = 'ok' then expectations.discounted_orders_12m end as discounted_orders_12m,
        -- Fader and Hardie (2013), equation 5; customers with a full refund have spent 0
        case
            when fit.spend_status_code = 'ok'
                then
                    fit.p * (fit.v + greatest(cast(customers.repeat_net_cny as double), 0))
                    / (fit.p * customers.frequency + fit.q - 1)
        end as expected_order_cny

    from customers

    cross join fit

    left join expectations
        on
            customers.frequency = expectations.frequency
            and customers.recency_days = expectations.recency_days
            and customers.age_days = expectations.age_days

),

final as (

    select

        ---------- keys
        customer_key,

        ---------- history
        frequency,
        cast(recency_days / 7.0 as double) as recency_weeks,
        cast(age_days / 7.0 as double) as age_weeks,
        cast(case when frequency > 0 then repeat_net_cny / frequency end as decimal(18, 2)) as monetary_cny,
        net_cny as historic_net_cny,
        case when known_net_cny >= {{ var('payback_fewest_known_share') }} * net_cny then margin_cny end
            as historic_margin_cny,

        ---------- expectation
        value_status_code,
        cast(round(p_alive, 6) as double) as p_alive,
        cast(round(expected_orders_12m, 6) as double) as expected_orders_12m,
        cast(expected_order_cny as decimal(18, 2)) as expected_order_cny,
        cast(case when value_status_code = 'ok' then discounted_orders_12m * expected_order_cny end as decimal(18, 2))
            as value_12m_cny,
        cast(
            case when value_status_code = 'ok' then discounted_orders_12m * expected_order_cny * margin_share end
            as decimal(18, 2)
        ) as margin_12m_cny,

        ---------- lineage
        model_fit_id

    from customers_with_value

)

select * from final
