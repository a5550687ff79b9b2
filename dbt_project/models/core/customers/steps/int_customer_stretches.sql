-- Grain: one row per customer and stretch of days, half-open, in which no fact about them changed.
-- A stretch carries the totals of all that had happened by its first day; within it only the time since the last
-- purchase goes on. The last one ends on the day after as_of.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

data_start as (

    select min(export_date) as started_on
    from {{ source('raw', 'files') }}
    where outcome = 'landed'

),

first_seen as (

    select
        identities.customer_key,
        min(nodes.first_seen_on) as first_seen_on

    from {{ ref('int_customer_identities') }} as identities

    inner join {{ ref('int_customer_nodes') }} as nodes
        on identities.node = nodes.node

    group by identities.customer_key

),

deeds as (

    select
        customer_key,
        happened_on,
        cast(null as integer) as advocacy_rule_number,
        purchased_on,
        purchase_kind,
        purchase_count,
        net_cny
    from {{ ref('int_customer_money_days') }}

    union all

    select
        customer_key,
        reached_on as happened_on,
        rule_number as advocacy_rule_number,
        null as purchased_on,
        null as purchase_kind,
        0 as purchase_count,
        0 as net_cny
    from {{ ref('int_advocacy_rungs_reached') }}

),

undated_doers as (

    select distinct deeds.customer_key
    from deeds

    inner join first_seen
        on deeds.customer_key = first_seen.customer_key

    where first_seen.first_seen_on is null

),

first_known as (

    -- the first dated record of the customer; without one, known since the data begin
    select
        first_seen.customer_key,
        least(coalesce(first_seen.first_seen_on, data_start.started_on), as_of.as_of) as happened_on

    from first_seen

    left join undated_doers
        on first_seen.customer_key = undated_doers.customer_key

    cross join data_start

    cross join as_of

    where undated_doers.customer_key is null

),

facts as (

    select * from deeds

    union all

    select
        customer_key,
        happened_on,
        null as advocacy_rule_number,
        null as purchased_on,
        null as purchase_kind,
        0 as purchase_count,
        0 as net_cny
    from first_known

),

days as (

    select
        customer_key,
        happened_on,
        max(advocacy_rule_number) as advocacy_rule_number,
        max(purchased_on) as purchased_on,
        max(purchase_kind) as purchase_kind,
        sum(purchase_count) as purchase_count,
        sum(net_cny) as net_cny

    from facts
    group by customer_key, happened_on

),

stretches as (

    select
        days.customer_key,
        days.happened_on as begins_on,
        coalesce(
            lead(days.happened_on) over (partition by days.customer_key order by days.happened_on),
            {{ plus_days('as_of.as_of', 1) }}
        ) as ends_on,
        max(days.purchased_on) over so_far as purchased_on,
        last_value(days.purchase_kind ignore nulls) over so_far as purchase_kind,
        cast(sum(days.purchase_count) over so_far as integer) as purchase_count,
        cast(sum(days.net_cny) over so_far as decimal(18, 2)) as net_cny,
        -- rules are numbered up the ladder, so the highest number is the highest rung, and who has done nothing has 0
        coalesce(max(days.advocacy_rule_number) over so_far, 0) as advocacy_rule_number

    from days

    cross join as_of

    window
        so_far as (
            partition by days.customer_key
            order by days.happened_on
            rows between unbounded preceding and current row
        )

)

select * from stretches
