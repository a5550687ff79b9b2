-- Grain: one row per dimension, its value and month of acquisition, and one for all months.
{%- set horizons = ['30d', '90d', '365d', 'predicted'] %}
{%- set fewest_known = var('payback_fewest_known_share') %}
{%- set days_of = {'30d': 30, '90d': 90, '365d': 365} %}
{%- set dimension_code %}
        case
            when grouping(strategy_code) = 0 then 'strategy'
            when grouping(group_code) = 0 then 'group'
            else 'all'
        end as dimension_code,
        coalesce(strategy_code, group_code, 'all') as dimension_value,
        case when grouping(month_start) = 0 then 'month' else 'all' end as period_kind,
        month_start
{%- endset %}
{%- set dimension_sets %}
(
        (), (group_code), (strategy_code),
        (month_start), (month_start, group_code), (month_start, strategy_code)
    )
{%- endset %}

with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

strategies as (

    select * from {{ ref('strategies') }}

),

acquisition as (

    select * from {{ ref('int_customer_acquisition') }}

),

customer_margins as (

    select
        acquisition.customer_key,
        {%- for horizon, days in days_of.items() %}
        sum(purchases.margin_cny) filter (where purchases.purchased_on <= acquisition.acquired_on + {{ days }})
            as margin_{{ horizon }}_cny,
        {%- endfor %}
        sum(purchases.margin_cny) as margin_cny,
        sum(purchases.net_cny) as net_cny,
        sum(purchases.known_net_cny) as known_net_cny

    from acquisition

    inner join {{ ref('int_purchase_margins') }} as purchases
        on acquisition.customer_key = purchases.customer_key

    group by acquisition.customer_key

),

customers as (

    select
        acquisition.acquisition_strategy_code as strategy_code,
        acquisition.acquisition_group_code as group_code,
        acquisition.acquired_month as month_start,
        customer_margins.net_cny,
        customer_margins.known_net_cny,
        {%- for horizon, days in days_of.items() %}
        -- at equal age: only customers whose window is over
        cast(
            case
                when acquisition.acquired_on + {{ days }} <= as_of.as_of then customer_margins.margin_{{ horizon }}_cny
            end
            as double
        ) as ltv_{{ horizon }},
        {%- endfor %}
        cast(customer_margins.margin_cny + expected.margin_12m_cny as double) as ltv_predicted

    from acquisition

    cross join as_of

    inner join customer_margins
        on acquisition.customer_key = customer_margins.customer_key

    left join {{ ref('customer_value') }} as expected
        on acquisition.customer_key = expected.customer_key

),

cells as (

    select
        {{ dimension_code | trim }},
        {%- for horizon in horizons %}
        count(ltv_{{ horizon }}) as ltv_{{ horizon }}_count,
        round(avg(ltv_{{ horizon }}), 8) as ltv_{{ horizon }}_mean,
        round(var_samp(ltv_{{ horizon }}), 6) as ltv_{{ horizon }}_variance,
        {%- endfor %}
        count(*) as customer_count,
        sum(known_net_cny) / nullif(sum(net_cny), 0) as margin_known_share

    from customers
    group by grouping sets {{ dimension_sets | trim }}
    -- the empty grouping set has a row even without any input
    having count(*) > 0

),

costs as (

    select
        coalesce(costs.strategy_code, 'no_strategy') as strategy_code,
        coalesce(strategies.touch_group_code, 'no_strategy') as group_code,
        costs.month_start,
        costs.amount_cny

    from {{ ref('int_marketing_costs') }} as costs

    inner join as_of
        on costs.month_start <= as_of.as_of

    left join strategies
        on costs.strategy_code = strategies.strategy_code

    where not costs.is_in_media

),

spending as (

    select
        {{ dimension_code | trim }},
        sum(amount_cny) as spend_cny

    from costs
    group by grouping sets {{ dimension_sets | trim }}
    having count(*) > 0

),

row_keys as (

    select
        dimension_code,
        dimension_value,
        period_kind,
        month_start
    from cells

    union

    select
        dimension_code,
        dimension_value,
        period_kind,
        month_start
    from spending

),

cost_per_customer as (

    select
        row_keys.dimension_code,
        row_keys.dimension_value,
        strategies.strategy_name as dimension_name,
        row_keys.period_kind,
        coalesce(row_keys.month_start, min(row_keys.month_start) over ()) as month_start,
        coalesce(cells.customer_count, 0) as customer_count,
        coalesce(spending.spend_cny, 0) as spend_cny,
        -- without spend the cost of a customer is null, not 0
        nullif(spending.spend_cny, 0) / nullif(cells.customer_count, 0) as cac_cny,
        {%- for horizon in horizons %}
        coalesce(cells.ltv_{{ horizon }}_count, 0) as ltv_{{ horizon }}_count,
        case when cells.margin_known_share >= {{ fewest_known }} then cells.ltv_{{ horizon }}_mean end
            as ltv_{{ horizon }}_mean,
        cells.ltv_{{ horizon }}_variance,
        {%- endfor %}
        cells.margin_known_share

    from row_keys

    left join cells
        on
            row_keys.dimension_code = cells.dimension_code
            and row_keys.dimension_value = cells.dimension_value
            and row_keys.period_kind = cells.period_kind
            and row_keys.month_start is not distinct from cells.month_start

    left join spending
        on
            row_keys.dimension_code = spending.dimension_code
            and row_keys.dimension_value = spending.dimension_value
            and row_keys.period_kind = spending.period_kind
            and row_keys.month_start is not distinct from spending.month_start

    left join strategies
        on
            row_keys.dimension_value = strategies.strategy_code
            and row_keys.dimension_code = 'strategy'

),

paid_group as (

    select * from cost_per_customer
    where
        dimension_code = 'group'
        and dimension_value = 'paid'

),

final as (

    {%- set count = 'cost_per_customer.customer_count' %}

    select

        ---------- keys
        cost_per_customer.dimension_code,
        cost_per_customer.dimension_value,
        cost_per_customer.dimension_name,
        cost_per_customer.period_kind,
        cost_per_customer.month_start,

        ---------- what customers cost
        cast({{ unless_small(count, count) }} as bigint) as customer_count,
        cast({{ unless_small('cost_per_customer.spend_cny', count) }} as decimal(18, 2)) as spend_cny,
        cast({{ unless_small('cost_per_customer.cac_cny', count) }} as decimal(18, 2)) as cac_cny,
        cast(
            round({{ unless_small('cost_per_customer.margin_known_share', count) }}, 6) as double
        ) as margin_known_share,
        {%- for horizon in horizons %}

        {#- a matured part of a cohort can be small where the cohort is not #}
        {%- set n = 'cost_per_customer.ltv_' ~ horizon ~ '_count' %}
        {%- set mean = 'cost_per_customer.ltv_' ~ horizon ~ '_mean' %}
        {%- set variance = 'cost_per_customer.ltv_' ~ horizon ~ '_variance' %}
        {%- set margin = 'sqrt(' ~ variance ~ ' / nullif(' ~ n ~ ', 0)) * ' ~ t_975('nullif(' ~ n ~ ' - 1, 0)') %}
        {%- set paid_n = 'paid_group.ltv_' ~ horizon ~ '_count' %}
        {%- set apart = '(' ~ mean ~ ' - paid_group.ltv_' ~ horizon ~ '_mean)' %}
        {%- set welch = welch_margin(variance, n, 'paid_group.ltv_' ~ horizon ~ '_variance', paid_n) %}

        ---------- what they are worth: {{ horizon }}
        cast({{ unless_small(n, n) }} as bigint) as ltv_{{ horizon }}_customer_count,
        cast({{ unless_small(mean, n) }} as decimal(18, 2)) as ltv_{{ horizon }}_cny,
        cast({{ unless_small(mean ~ ' - ' ~ margin, n) }} as decimal(18, 2)) as ltv_{{ horizon }}_low_cny,
        cast({{ unless_small(mean ~ ' + ' ~ margin, n) }} as decimal(18, 2)) as ltv_{{ horizon }}_high_cny,
        cast(
            round({{ unless_small(mean ~ ' / cost_per_customer.cac_cny', n) }}, 6) as double
        ) as ltv_{{ horizon }}_to_cac,
        cast(round({{ unless_small('(' ~ mean ~ ' - ' ~ margin ~ ') / cost_per_customer.cac_cny', n) }}, 6) as double)
            as ltv_{{ horizon }}_to_cac_low,
        cast(round({{ unless_small('(' ~ mean ~ ' + ' ~ margin ~ ') / cost_per_customer.cac_cny', n) }}, 6) as double)
            as ltv_{{ horizon }}_to_cac_high,
        {%- set differs %}case
            when cost_per_customer.dimension_value <> 'paid' and not {{ small_cell(n) }} and not {{ small_cell(paid_n) }}
                then {% endset %}
        cast({{ differs }}{{ apart }} end as decimal(18, 2)) as ltv_{{ horizon }}_minus_paid_cny,
        cast({{ differs }}{{ apart }} - {{ welch }} end as decimal(18, 2)) as ltv_{{ horizon }}_minus_paid_low_cny,
        cast({{ differs }}{{ apart }} + {{ welch }} end as decimal(18, 2)) as ltv_{{ horizon }}_minus_paid_high_cny,
        {%- endfor %}
        {{ small_cell(count) }} as is_suppressed

    from cost_per_customer

    left join paid_group
        on
            cost_per_customer.period_kind = paid_group.period_kind
            and cost_per_customer.month_start = paid_group.month_start

)

select * from final
