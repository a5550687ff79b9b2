-- Grain: one row per customer and period in which nothing about their segments changed, half-open.
-- Computed from the facts, not snapshotted, so that it can be rebuilt and a late file is told truly. States are
-- worked out only for days on which one can change: purchases, refunds, thresholds of the rules, and the borders
-- of months and quintiles.
{#- one column list for the kinds of change that meet in `changes` #}
{%- set blank = {
    'lifecycle_code': "cast(null as " ~ dbt.type_string() ~ ")",
    'rung': 'cast(null as integer)',
    'purchased_on': 'cast(null as date)',
    'purchase_count': '0',
    'net_cny': '0',
} %}
{%- set kinds = [
    ('known_since', 'known_on', {'lifecycle_code': "'prospect'", 'rung': '0'}),
    ('stages', 'changed_on', {'lifecycle_code': 'lifecycle_code'}),
    ('rungs_reached', 'reached_on', {'rung': 'rung'}),
    ('money_days', 'happened_on', {
        'purchased_on': 'purchased_on', 'purchase_count': 'purchase_count', 'net_cny': 'net_cny',
    }),
    ('month_borders', 'changed_on', {}),
    ('recency_borders', 'changed_on', {}),
] %}

with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

data_start as (

    select min(export_date) as started_on
    from {{ source('raw', 'files') }}
    where outcome = 'landed'

),

customers as (

    select
        identities.customer_key,
        min(nodes.first_seen_on) as first_seen_on

    from {{ ref('int_customer_identities') }} as identities

    inner join {{ ref('int_customer_nodes') }} as nodes
        on identities.node = nodes.node

    group by identities.customer_key

),

purchases as (

    select * from {{ ref('int_purchase_days') }}

),

money_days as (

    select * from {{ ref('int_customer_money_days') }}

),

cut_points as (

    select * from {{ ref('int_rfm_cut_points') }}

),

rungs_reached as (

    select
        reached.customer_key,
        reached.reached_on,
        rungs.rung

    from {{ ref('int_advocacy_rungs_reached') }} as reached

    inner join {{ ref('advocacy_rungs') }} as rungs
        on reached.advocacy_code = rungs.advocacy_code

),

lifecycle_rules as (

    select * from {{ ref('lifecycle_rules') }}

),

advocacy_rungs as (

    select * from {{ ref('advocacy_rungs') }}

),

rfm_rules as (

    select * from {{ ref('rfm_rules') }}

),

first_deeds as (

    select
        deeds.customer_key,
        min(deeds.done_on) as done_on

    from (
        select
            customer_key,
            reached_on as done_on
        from rungs_reached
        union all
        select
            customer_key,
            happened_on as done_on
        from money_days
    ) as deeds

    group by deeds.customer_key

),

known_since as (

    -- the first dated sign of them, be it an account or something they did; a customer whom nothing dated names counts
    -- as known since the data begin
    select
        customers.customer_key,
        least(
            coalesce(least(customers.first_seen_on, first_deeds.done_on), data_start.started_on),
            as_of.as_of
        ) as known_on

    from customers

    left join first_deeds
        on customers.customer_key = first_deeds.customer_key

    cross join data_start

    cross join as_of

),

stages as (

    select
        purchases.customer_key,
        purchases.purchased_on + lifecycle_rules.from_day as changed_on,
        lifecycle_rules.lifecycle_code

    from purchases

    inner join lifecycle_rules
        on purchases.purchase_kind = lifecycle_rules.purchase_kind

    where
        purchases.next_purchased_on is null
        or purchases.purchased_on + lifecycle_rules.from_day < purchases.next_purchased_on

),

month_borders as (

    -- new cut points may move anybody who has bought
    select
        purchases.customer_key,
        cut_points.month_start as changed_on

    from purchases

    inner join cut_points
        on purchases.purchased_on < cut_points.month_start

    where purchases.purchase_number = 1

),

recency_cuts as (

    {% for fifth in range(1, 5) -%}
    select
        month_start,
        cast(recency_cut_{{ fifth }} as integer) as recency_cut
    from cut_points
    {% if not loop.last %}
    union

    {% endif -%}
    {%- endfor %}

),

recency_borders as (

    select
        purchases.customer_key,
        purchases.purchased_on + recency_cuts.recency_cut + 1 as changed_on

    from purchases

    inner join recency_cuts
        -- cut points hold for their own month alone
        on
            purchases.purchased_on + recency_cuts.recency_cut + 1 >= recency_cuts.month_start
            and purchases.purchased_on + recency_cuts.recency_cut + 1 < recency_cuts.month_start + interval '1 month'

    where
        purchases.next_purchased_on is null
        or purchases.purchased_on + recency_cuts.recency_cut + 1 < purchases.next_purchased_on

),

changes as (

    {% for relation, changed_on, filled in kinds -%}
    select
        customer_key,
        {{ changed_on }} as changed_on,
        {%- for column, nothing in blank.items() %}
        {{ filled.get(column, nothing) }} as {{ column }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ relation }}
    {% if not loop.last %}
    union all

    {% endif -%}
    {%- endfor %}

),

days as (

    select
        changes.customer_key,
        changes.changed_on,
        -- who buys on the day on which we first see them was no prospect
        max(changes.lifecycle_code) filter (where changes.lifecycle_code <> 'prospect') as stage_begun,
        max(changes.lifecycle_code) as any_stage_begun,
        max(changes.rung) as rung_reached,
        max(changes.purchased_on) as purchased_on,
        sum(changes.purchase_count) as purchase_count,
        sum(changes.net_cny) as net_cny

    from changes

    inner join as_of
        on changes.changed_on <= as_of.as_of

    group by changes.customer_key, changes.changed_on

),

states as (

    select
        customer_key,
        changed_on,
        last_value(coalesce(stage_begun, any_stage_begun) ignore nulls) over so_far as lifecycle_code,
        max(rung_reached) over so_far as rung,
        changed_on - max(purchased_on) over so_far as recency_days,
        sum(purchase_count) over so_far as purchase_count,
        sum(net_cny) over so_far as net_cny

    from days
    window
        so_far as (
            partition by customer_key
            order by changed_on
            rows between unbounded preceding and current row
        )

),

scored as (

    select
        states.customer_key,
        states.changed_on,
        states.lifecycle_code,
        states.rung,
        -- Ties: equal values get equal scores, that of the lower quintile for frequency and value, and of the more
        -- recent one for recency. Null before the first purchase, and in months that began without buyers.
        {%- for score, value, from_score, sign, cut in [
            ('recency_score', 'recency_days', 5, '-', 'recency_cut'),
            ('frequency_score', 'purchase_count', 1, '+', 'frequency_cut'),
            ('monetary_score', 'net_cny', 1, '+', 'monetary_cut'),
        ] %}
        {{ from_score }}
        {%- for fifth in range(1, 5) %}
        {{ sign }} cast(states.{{ value }} > cut_points.{{ cut }}_{{ fifth }} as integer)
        {%- endfor %} as {{ score }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}

    from states

    left join cut_points
        on
            states.purchase_count > 0
            and cast(date_trunc('month', states.changed_on) as date) = cut_points.month_start

),

named as (

    select
        scored.customer_key,
        scored.changed_on,
        scored.lifecycle_code,
        advocacy_rungs.advocacy_code,
        scored.recency_score,
        scored.frequency_score,
        scored.monetary_score,
        cast(scored.recency_score as {{ dbt.type_string() }})
        || cast(scored.frequency_score as {{ dbt.type_string() }})
        || cast(scored.monetary_score as {{ dbt.type_string() }}) as rfm_code,
        rfm_rules.rfm_segment_code

    from scored

    left join advocacy_rungs
        on scored.rung = advocacy_rungs.rung

    left join rfm_rules
        on
            scored.recency_score between rfm_rules.recency_from and rfm_rules.recency_to
            and scored.frequency_score between rfm_rules.frequency_from and rfm_rules.frequency_to
            and scored.monetary_score between rfm_rules.monetary_from and rfm_rules.monetary_to

),

compared as (

    select
        *,
        lag(lifecycle_code) over (partition by customer_key order by changed_on) as previous_lifecycle_code,
        lag(advocacy_code) over (partition by customer_key order by changed_on) as previous_advocacy_code,
        lag(rfm_code) over (partition by customer_key order by changed_on) as previous_rfm_code

    from named

),

periods as (

    select
        customer_key,
        changed_on as valid_from,
        lead(changed_on) over (partition by customer_key order by changed_on) as valid_to,
        lifecycle_code,
        advocacy_code,
        rfm_code,
        rfm_segment_code,
        cast(recency_score as integer) as recency_score,
        cast(frequency_score as integer) as frequency_score,
        cast(monetary_score as integer) as monetary_score

    from compared
    where
        lifecycle_code is distinct from previous_lifecycle_code
        or advocacy_code is distinct from previous_advocacy_code
        or rfm_code is distinct from previous_rfm_code

)

select * from periods
