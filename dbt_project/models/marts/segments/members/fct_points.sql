-- Grain: one row per entry of the points ledger.
with

as_of as (

    select as_of_end_at from {{ ref('stg_as_of') }}

),

reasons as (

    select * from {{ ref('point_reasons') }}

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

entries as (

    select
        points.record_key as entry_key,
        points.customer_ref,
        identities.customer_key,
        points.channel_code,
        points.reason_code,
        coalesce(reasons.kind_code, 'adjusted') as kind_code,
        reasons.reason_code is not null as is_reason_known,
        coalesce(reasons.is_review_reward, false) as is_review_reward,
        points.occurred_at,
        points.point_delta,
        points.expires_on

    from {{ ref('stg_points') }} as points

    inner join as_of
        on points.occurred_at < as_of.as_of_end_at

    left join reasons
        on points.reason_code = reasons.reason_code

    left join identities
        on points.customer_ref = identities.node

),

uses as (

    select
        uses.entry_key,
        uses.issue_key,
        uses.point_count,
        takers.kind_code,
        issues.is_review_reward and issues.kind_code = 'issued' as is_review_reward

    from {{ ref('int_point_uses') }} as uses

    -- entries dated after the last day of the data are left out, with the points they take
    inner join entries as takers
        on uses.entry_key = takers.entry_key

    inner join entries as issues
        on uses.issue_key = issues.entry_key

),

uses_by_issue as (

    select
        issue_key,
        sum(point_count) filter (where kind_code = 'redeemed') as redeemed_points,
        sum(point_count) filter (where kind_code = 'expired') as expired_points,
        sum(point_count) filter (where kind_code not in ('redeemed', 'expired')) as reversed_points

    from uses
    group by issue_key

),

uses_by_entry as (

    select
        entry_key,
        sum(point_count) as covered_points,
        sum(point_count) filter (where is_review_reward) as review_points

    from uses
    group by entry_key

),

orders as (

    select * from {{ ref('fct_orders') }}
    where
        is_valid
        and customer_key is not null

),

redemption_orders as (

    -- the feed names no order: the first one after a redemption is assumed
    select
        entries.entry_key,
        orders.order_key

    from entries

    inner join orders
        on
            entries.customer_key = orders.customer_key
            and entries.occurred_at <= orders.ordered_at
            and entries.occurred_at + {{ var('point_order_days') }} * interval '1 day' > orders.ordered_at

    where
        entries.kind_code = 'redeemed'
        and entries.point_delta < 0
    qualify row_number() over (
        partition by entries.entry_key
        order by orders.ordered_at, orders.order_key
    ) = 1

),

final as (

    select

        ---------- keys
        entries.entry_key,
        entries.customer_key,
        redemption_orders.order_key,

        ---------- codes
        entries.channel_code,
        entries.reason_code,
        entries.kind_code,

        ---------- flags
        entries.is_reason_known,
        entries.is_review_reward,

        ---------- times
        entries.occurred_at,
        entries.expires_on,

        ---------- the account
        entries.point_delta,
        case
            when entries.customer_ref is not null
                then cast(sum(entries.point_delta) over (
                    partition by entries.customer_ref
                    order by
                        entries.occurred_at asc,
                        case when entries.point_delta > 0 then 0 else 1 end asc,
                        entries.entry_key asc
                ) as bigint)
        end as balance_points,

        ---------- what became of points gained
        {%- for column in ['redeemed_points', 'expired_points', 'reversed_points'] %}
        case when entries.point_delta > 0 then cast(coalesce(uses_by_issue.{{ column }}, 0) as bigint) end
            as {{ column }},
        {%- endfor %}
        case
            when entries.point_delta > 0
                then cast(
                    entries.point_delta - coalesce(uses_by_issue.redeemed_points, 0)
                    - coalesce(uses_by_issue.expired_points, 0) - coalesce(uses_by_issue.reversed_points, 0) as bigint
                )
        end as remaining_points,

        ---------- what points lost were taken from
        case when entries.point_delta < 0 then cast(coalesce(uses_by_entry.review_points, 0) as bigint) end
            as review_points,
        case
            when entries.point_delta < 0 and entries.customer_ref is not null
                then cast(-entries.point_delta - coalesce(uses_by_entry.covered_points, 0) as bigint)
        end as uncovered_points

    from entries

    left join uses_by_issue
        on entries.entry_key = uses_by_issue.issue_key

    left join uses_by_entry
        on entries.entry_key = uses_by_entry.entry_key

    left join redemption_orders
        on entries.entry_key = redemption_orders.entry_key

)

select * from final
