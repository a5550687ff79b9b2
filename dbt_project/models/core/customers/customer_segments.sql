-- Grain: one row per customer and period in which nothing about their segments changed, half-open.
-- Computed from the facts, not snapshotted, so that it can be rebuilt and includes late files. The state of a day
-- is a function of the stretch it lies in, its month's cut points and the days since the last purchase; so a stretch is
-- cut at the borders of months and of bands of recency, and neighbours in the same state are one period.
with

stretches as (

    select * from {{ ref('int_customer_stretches') }}

),

bands as (

    select * from {{ ref('int_recency_bands') }}

),

months as (

    select distinct
        month_start,
        month_end
    from bands

),

cut_points as (

    select * from {{ ref('int_rfm_cut_points') }}

),

lifecycle_rules as (

    select * from {{ ref('lifecycle_rules') }}

),

advocacy_rules as (

    select * from {{ ref('advocacy_rules') }}

),

rfm_rules as (

    select * from {{ ref('rfm_rules') }}

),

scores as (

    select scores.score
    from (values (1), (2), (3), (4), (5)) as scores (score)

),

-- all 125 combinations with their segments: a join on one number instead of three ranges
rfm_segments as (

    select
        100 * recency.score + 10 * frequency.score + monetary.score as rfm_number,
        cast(100 * recency.score + 10 * frequency.score + monetary.score as {{ dbt.type_string() }}) as rfm_code,
        rfm_rules.rfm_segment_code,
        rfm_rules.rule_code,
        recency.score as recency_score,
        frequency.score as frequency_score,
        monetary.score as monetary_score

    from scores as recency

    cross join scores as frequency

    cross join scores as monetary

    inner join rfm_rules
        on
            recency.score between rfm_rules.recency_from and rfm_rules.recency_to
            and frequency.score between rfm_rules.frequency_from and rfm_rules.frequency_to
            and monetary.score between rfm_rules.monetary_from and rfm_rules.monetary_to

),

by_month as (

    select
        stretches.customer_key,
        greatest(stretches.begins_on, months.month_start) as begins_on,
        least(stretches.ends_on, months.month_end) as ends_on,
        months.month_start,
        stretches.purchased_on,
        stretches.purchase_kind,
        stretches.purchase_count,
        stretches.net_cny,
        stretches.advocacy_rule_number

    from stretches

    inner join months
        on
            stretches.begins_on < months.month_end
            and stretches.ends_on > months.month_start

    where stretches.purchased_on is not null

),

pieces as (

    select
        by_month.customer_key,
        greatest(by_month.begins_on, {{ plus_days('by_month.purchased_on', 'bands.from_day') }}) as begins_on,
        bands.lifecycle_rule_number,
        by_month.advocacy_rule_number,
        -- Ties: equal values get equal scores, that of the lower quintile for frequency and value, and of the more
        -- recent one for recency. Null in months that began without buyers.
        100 * bands.recency_score
        {%- for value, cut, weight in [('purchase_count', 'frequency_cut', 10), ('net_cny', 'monetary_cut', 1)] %}
        + {{ weight }} * (
            1
            {%- for fifth in range(1, 5) %}
            + cast(by_month.{{ value }} > cut_points.{{ cut }}_{{ fifth }} as integer)
            {%- endfor %}
        )
        {%- endfor %} as rfm_number

    from by_month

    inner join bands
        on
            by_month.month_start = bands.month_start
            and by_month.purchase_kind = bands.purchase_kind
            and by_month.begins_on - by_month.purchased_on < bands.to_day
            and by_month.ends_on - by_month.purchased_on > bands.from_day

    left join cut_points
        on by_month.month_start = cut_points.month_start

    union all

    -- customers without a purchase have no recency, and their segments do not change with the month
    select
        stretches.customer_key,
        stretches.begins_on,
        lifecycle_rules.rule_number as lifecycle_rule_number,
        stretches.advocacy_rule_number,
        cast(null as integer) as rfm_number

    from stretches

    cross join lifecycle_rules

    where
        stretches.purchased_on is null
        and lifecycle_rules.purchase_kind = 'none'

),

pieces_with_previous as (

    select
        *,
        lag(lifecycle_rule_number) over in_time as previous_lifecycle_rule_number,
        lag(advocacy_rule_number) over in_time as previous_advocacy_rule_number,
        lag(rfm_number) over in_time as previous_rfm_number

    from pieces
    window in_time as (partition by customer_key order by begins_on)

),

periods as (

    select
        customer_key,
        begins_on as valid_from,
        lead(begins_on) over (partition by customer_key order by begins_on) as valid_to,
        lifecycle_rule_number,
        advocacy_rule_number,
        previous_lifecycle_rule_number,
        previous_advocacy_rule_number,
        rfm_number

    from pieces_with_previous
    where
        lifecycle_rule_number is distinct from previous_lifecycle_rule_number
        or advocacy_rule_number is distinct from previous_advocacy_rule_number
        or rfm_number is distinct from previous_rfm_number

),

final as (

    select
        periods.customer_key,
        periods.valid_from,
        periods.valid_to,
        lifecycle_rules.lifecycle_code,
        lifecycle_rules.rule_code as lifecycle_rule_code,
        previous_lifecycle_rules.lifecycle_code as previous_lifecycle_code,
        advocacy_rules.advocacy_code,
        advocacy_rules.rule_code as advocacy_rule_code,
        previous_advocacy_rules.advocacy_code as previous_advocacy_code,
        rfm_segments.rfm_code,
        rfm_segments.rfm_segment_code,
        rfm_segments.rule_code as rfm_rule_code,
        rfm_segments.recency_score,
        rfm_segments.frequency_score,
        rfm_segments.monetary_score

    from periods

    inner join lifecycle_rules
        on periods.lifecycle_rule_number = lifecycle_rules.rule_number

    inner join advocacy_rules
        on periods.advocacy_rule_number = advocacy_rules.rule_number

    left join lifecycle_rules as previous_lifecycle_rules
        on periods.previous_lifecycle_rule_number = previous_lifecycle_rules.rule_number

    left join advocacy_rules as previous_advocacy_rules
        on periods.previous_advocacy_rule_number = previous_advocacy_rules.rule_number

    left join rfm_segments
        on periods.rfm_number = rfm_segments.rfm_number

)

select * from final
