-- Grain: one row per entry that takes points off an account and entry whose points it took.
-- The first to expire are taken first, and of those that expire together the first issued. Set-based: the stock of the
-- first k expiries of an account is a walk that is reflected at 0 (what they cannot cover falls on later ones), so
-- stock = walk - least(0, lowest point of the walk so far), and what expiry k gives to an entry is what the first
-- k - 1 leave uncovered of it less what the first k do.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='customer_ref') }}

with

affected as (

    {{ affected_keys([changed_in('points', 'customer_ref')]) }}

),

entries as (

    select
        record_key as entry_key,
        -- the account; entries without an account cover nothing
        customer_ref,
        point_delta,
        coalesce(expires_on, date '9999-12-31') as expires_on,
        -- at equal times, points are issued before they are taken
        row_number() over (
            partition by customer_ref
            order by occurred_at asc, case when point_delta > 0 then 0 else 1 end asc, record_key asc
        ) as entry_number

    from {{ ref('stg_points') }}
    where
        {{ is_affected('customer_ref') }}
        and customer_ref is not null
        and point_delta <> 0

),

accounts as (

    -- points are taken from the same account only
    select distinct customer_ref
    from entries
    where point_delta < 0

),

expiries as (

    select
        lots.customer_ref,
        lots.expires_on,
        row_number() over (partition by lots.customer_ref order by lots.expires_on) as expiry_number

    from (
        select distinct
            entries.customer_ref,
            entries.expires_on

        from entries

        inner join accounts
            on entries.customer_ref = accounts.customer_ref

        where entries.point_delta > 0
    ) as lots

),

-- points issued with the first k expiries, less everything taken
walks as (

    select
        expiries.customer_ref,
        expiries.expiry_number,
        entries.entry_key,
        entries.entry_number,
        entries.point_delta,
        sum(case
            when entries.point_delta < 0 or entries.expires_on <= expiries.expires_on then entries.point_delta
            else 0
        end) over (
            partition by expiries.customer_ref, expiries.expiry_number
            order by entries.entry_number
        ) as walk

    from expiries

    inner join entries
        on expiries.customer_ref = entries.customer_ref

),

walks_with_shortfall as (

    select
        *,
        -least(0, min(walk) over so_far) as uncovered_so_far

    from walks
    window so_far as (partition by customer_ref, expiry_number order by entry_number)

),

entry_shortfalls as (

    select
        customer_ref,
        expiry_number,
        entry_key,
        entry_number,
        -point_delta as taken,
        uncovered_so_far
        - lag(uncovered_so_far, 1, 0) over (partition by customer_ref, expiry_number order by entry_number)
            as uncovered

    from walks_with_shortfall
    qualify point_delta < 0

),

expiry_uses as (

    select
        customer_ref,
        expiry_number,
        entry_key,
        entry_number,
        lag(uncovered, 1, taken) over (partition by customer_ref, entry_number order by expiry_number) - uncovered
            as points

    from entry_shortfalls

),

-- within one expiry, first in, first out: both sides are running sums of points
use_spans as (

    select
        customer_ref,
        expiry_number,
        entry_key,
        sum(points) over (partition by customer_ref, expiry_number order by entry_number) - points as from_point,
        sum(points) over (partition by customer_ref, expiry_number order by entry_number) as to_point

    from expiry_uses
    where points > 0

),

issued_spans as (

    select
        entries.customer_ref,
        expiries.expiry_number,
        entries.entry_key,
        sum(entries.point_delta) over so_far - entries.point_delta as from_point,
        sum(entries.point_delta) over so_far as to_point

    from entries

    inner join expiries
        on
            entries.customer_ref = expiries.customer_ref
            and entries.expires_on = expiries.expires_on

    where entries.point_delta > 0
    window so_far as (partition by entries.customer_ref, expiries.expiry_number order by entries.entry_number)

),

final as (

    select
        use_spans.customer_ref,
        use_spans.entry_key,
        issued_spans.entry_key as issue_key,
        cast(
            least(use_spans.to_point, issued_spans.to_point)
            - greatest(use_spans.from_point, issued_spans.from_point) as bigint
        ) as point_count

    from use_spans

    inner join issued_spans
        on
            use_spans.customer_ref = issued_spans.customer_ref
            and use_spans.expiry_number = issued_spans.expiry_number
            and use_spans.from_point < issued_spans.to_point
            and use_spans.to_point > issued_spans.from_point

)

select * from final
