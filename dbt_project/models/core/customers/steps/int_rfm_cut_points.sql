-- Grain: one row per month that began with buyers: the quintile borders of recency, frequency and value at its start.
{%- set measures = [('recency', 'recency_days'), ('frequency', 'purchase_count'), ('monetary', 'net_cny')] %}

with

stretches as (

    select * from {{ ref('int_customer_stretches') }}
    where purchased_on is not null

),

span as (

    select
        min(purchased_on) as first_purchased_on,
        {{ plus_days('max(ends_on)', -1) }} as as_of

    from stretches

),

months as (

    select months.month_start
    from ({{ month_series('(select first_purchased_on from span)', '(select as_of from span)') }}) as months

),

buyers as (

    -- a month begins before anything that happens on its first day
    select
        months.month_start,
        months.month_start - stretches.purchased_on as recency_days,
        stretches.purchase_count,
        stretches.net_cny

    from stretches

    inner join months
        on
            stretches.begins_on < months.month_start
            and stretches.ends_on >= months.month_start

),

buyer_counts as (

    select
        month_start,
        count(*) as buyer_count

    from buyers
    group by month_start

),

-- Borders are the smallest values that at least one, two, three and four fifths of the buyers do not exceed, found by
-- counting equal values: so that millions of buyers need not be held in memory.
{%- for measure, column in measures %}

{{ measure }}_values as (

    select
        month_start,
        {{ column }} as measured,
        count(*) as buyer_count

    from buyers
    group by month_start, {{ column }}

),

{{ measure }}_shares as (

    select
        counted.month_start,
        counted.measured,
        sum(counted.buyer_count) over (
            partition by counted.month_start
            order by counted.measured
            rows between unbounded preceding and current row
        ) as buyers_up_to,
        buyer_counts.buyer_count

    from {{ measure }}_values as counted

    inner join buyer_counts
        on counted.month_start = buyer_counts.month_start

),

{{ measure }}_borders as (

    select
        month_start,
        {%- for fifth in range(1, 5) %}
        min(measured) filter (where 5 * buyers_up_to >= {{ fifth }} * buyer_count) as {{ measure }}_cut_{{ fifth }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}

    from {{ measure }}_shares
    group by month_start

),
{%- endfor %}

cut_points as (

    select
        recency_borders.month_start,
        buyer_counts.buyer_count,
        {%- for measure, column in measures %}
        {%- set last_measure = loop.last %}
        {%- for fifth in range(1, 5) %}
        {{ measure }}_borders.{{ measure }}_cut_{{ fifth }}
        {%- if not (loop.last and last_measure) %},{% endif %}
        {%- endfor %}
        {%- endfor %}

    from recency_borders

    inner join buyer_counts
        on recency_borders.month_start = buyer_counts.month_start

    inner join frequency_borders
        on recency_borders.month_start = frequency_borders.month_start

    inner join monetary_borders
        on recency_borders.month_start = monetary_borders.month_start

)

select * from cut_points
