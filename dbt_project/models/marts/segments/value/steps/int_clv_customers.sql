-- Grain: one row per customer who has bought: frequency, recency and age, in days, at as_of and where the test begins.
with

as_of as (

    select fitted_until as as_of from {{ ref('int_clv_periods') }}
    where fit_code = 'full'

),

calibration as (

    select fitted_until from {{ ref('int_clv_periods') }}
    where fit_code = 'calibration'

),

purchases as (

    select
        purchases.*,
        purchases.purchased_on <= calibration.fitted_until as is_calibration

    from {{ ref('int_purchase_margins') }} as purchases

    cross join calibration

),

purchase_sums as (

    select
        customer_key,
        min(purchased_on) as first_purchased_on,
        max(purchased_on) as last_purchased_on,
        count(*) - 1 as frequency,
        coalesce(sum(net_cny) filter (where purchase_number > 1), 0) as repeat_net_cny,
        count(*) filter (where is_calibration) as calibration_count,
        max(purchased_on) filter (where is_calibration) as calibration_last_on,
        coalesce(sum(net_cny) filter (where is_calibration and purchase_number > 1), 0) as calibration_repeat_net_cny,
        count(*) filter (where not is_calibration) as test_purchase_count,
        sum(net_cny) as net_cny,
        sum(known_net_cny) as known_net_cny,
        sum(margin_cny) as margin_cny

    from purchases
    group by customer_key

),

customers as (

    select

        ---------- keys
        purchase_sums.customer_key,

        ---------- at as_of
        cast(purchase_sums.frequency as bigint) as frequency,
        cast(purchase_sums.last_purchased_on - purchase_sums.first_purchased_on as bigint) as recency_days,
        cast(as_of.as_of - purchase_sums.first_purchased_on as bigint) as age_days,
        cast(purchase_sums.repeat_net_cny as decimal(18, 2)) as repeat_net_cny,

        ---------- where the test begins; null for those who came in it
        {%- set came_before = 'case when purchase_sums.calibration_count > 0 then ' %}
        {{ came_before }}purchase_sums.calibration_count - 1 end as calibration_frequency,
        cast(purchase_sums.calibration_last_on - purchase_sums.first_purchased_on as bigint)
            as calibration_recency_days,
        cast(
            {{ came_before }}calibration.fitted_until - purchase_sums.first_purchased_on end as bigint
        ) as calibration_age_days,
        cast(
            {{ came_before }}purchase_sums.calibration_repeat_net_cny end as decimal(18, 2)
        ) as calibration_repeat_net_cny,
        {{ came_before }}purchase_sums.test_purchase_count end as test_purchase_count,

        ---------- what they have brought
        cast(purchase_sums.net_cny as decimal(18, 2)) as net_cny,
        cast(purchase_sums.known_net_cny as decimal(18, 2)) as known_net_cny,
        cast(purchase_sums.margin_cny as decimal(18, 2)) as margin_cny

    from purchase_sums

    cross join as_of

    cross join calibration

)

select * from customers
