-- Grain: one row per month, kind of the last purchase and band of days since it within which neither the recency score
-- nor the rule of the lifecycle stage changes; half-open.
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

rules as (

    select * from {{ ref('lifecycle_rules') }}

),

cut_points as (

    select * from {{ ref('int_rfm_cut_points') }}

),

kinds as (

    select distinct
        months.month_start,
        rules.purchase_kind

    from months

    cross join rules

),

borders as (

    select
        months.month_start,
        rules.purchase_kind,
        rules.from_day

    from months

    cross join rules
    {%- for fifth in range(1, 5) %}

    union

    -- a cut point itself still belongs to the more recent score
    select
        kinds.month_start,
        kinds.purchase_kind,
        cut_points.recency_cut_{{ fifth }} + 1 as from_day

    from kinds

    inner join cut_points
        on kinds.month_start = cut_points.month_start
    {%- endfor %}

),

bands as (

    select
        month_start,
        purchase_kind,
        from_day,
        lead(from_day) over (partition by month_start, purchase_kind order by from_day) as to_day

    from borders

),

bands_with_score as (

    select
        bands.month_start,
        cast(bands.month_start + interval '1 month' as date) as month_end,
        bands.purchase_kind,
        cast(bands.from_day as integer) as from_day,
        -- the last band of a kind has no end; no customer is as old as this
        cast(coalesce(bands.to_day, 100000) as integer) as to_day,
        rules.rule_number as lifecycle_rule_number,
        cast(
            5
            {%- for fifth in range(1, 5) %}
            - cast(bands.from_day > cut_points.recency_cut_{{ fifth }} as integer)
            {%- endfor %} as integer
        ) as recency_score

    from bands

    inner join rules
        on
            bands.purchase_kind = rules.purchase_kind
            and bands.from_day >= rules.from_day
            and (bands.from_day < rules.to_day or rules.to_day is null)

    left join cut_points
        on bands.month_start = cut_points.month_start

)

select * from bands_with_score
