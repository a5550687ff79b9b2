-- Grain: one row per month that began with buyers: the quintile borders of recency, frequency and value at its start.
with

money_days as (

    select * from {{ ref('int_customer_money_days') }}

),

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

span as (

    select
        min(money_days.purchased_on) as first_purchased_on,
        max(as_of.as_of) as as_of

    from money_days

    cross join as_of

),

months as (

    select months.month_start
    from ({{ month_series('(select first_purchased_on from span)', '(select as_of from span)') }}) as months

),

buyers as (

    select
        customer_key,
        min(purchased_on) as first_purchased_on

    from money_days
    group by customer_key

),

moments as (

    select
        customer_key,
        happened_on,
        -- a month begins before anything that happens on its first day
        1 as moment_order,
        purchased_on,
        purchase_count,
        net_cny

    from money_days

    union all

    select
        buyers.customer_key,
        months.month_start as happened_on,
        0 as moment_order,
        cast(null as date) as purchased_on,
        0 as purchase_count,
        0 as net_cny

    from buyers

    inner join months
        on buyers.first_purchased_on < months.month_start

),

totals as (

    select
        happened_on,
        moment_order,
        happened_on - max(purchased_on) over so_far as recency_days,
        sum(purchase_count) over so_far as purchase_count,
        sum(net_cny) over so_far as net_cny

    from moments
    window
        so_far as (
            partition by customer_key
            order by happened_on, moment_order
            rows between unbounded preceding and current row
        )

),

cut_points as (

    select
        happened_on as month_start,
        count(*) as buyer_count,
        {%- for measure, column in [
            ('recency', 'recency_days'), ('frequency', 'purchase_count'), ('monetary', 'net_cny')
        ] %}
        {%- for fifth in range(1, 5) %}
        percentile_disc(0.{{ 2 * fifth }}) within group (order by {{ column }}) as {{ measure }}_cut_{{ fifth }}
        {%- if not (fifth == 4 and measure == 'monetary') %},{% endif %}
        {%- endfor %}
        {%- endfor %}

    from totals
    where moment_order = 0
    group by happened_on

)

select * from cut_points
