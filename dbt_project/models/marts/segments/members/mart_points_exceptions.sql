-- Grain: one row per entry of the points ledger and what is wrong with it.
with

entries as (

    select * from {{ ref('fct_points') }}

),

entries_with_previous as (

    select
        *,
        balance_points - point_delta as balance_before_points,
        -- the same booking with two entry numbers
        count(*) over (
            partition by customer_key, channel_code, occurred_at, reason_code, point_delta
        ) as alike_count,
        row_number() over (
            partition by customer_key, channel_code, occurred_at, reason_code, point_delta
            order by entry_key
        ) as alike_number

    from entries

),

exceptions as (

    -- only the entry that takes the balance below 0; those after it are not exceptions of their own
    select
        *,
        'negative_balance' as exception_code,
        -balance_points as affected_points
    from entries_with_previous
    where
        balance_points < 0
        and balance_before_points >= 0

    union all

    select
        *,
        'booked_twice' as exception_code,
        abs(point_delta) as affected_points
    from entries_with_previous
    where
        customer_key is not null
        and alike_number > 1

    union all

    select
        *,
        'against_its_kind' as exception_code,
        abs(point_delta) as affected_points
    from entries_with_previous
    where
        kind_code in ('redeemed', 'expired')
        and point_delta > 0

    union all

    select
        *,
        'unknown_reason' as exception_code,
        abs(point_delta) as affected_points
    from entries_with_previous
    where not is_reason_known

),

final as (

    select
        entry_key,
        exception_code,
        customer_key,
        channel_code,
        reason_code,
        kind_code,
        occurred_at,
        point_delta,
        balance_before_points,
        balance_points,
        cast(affected_points as bigint) as affected_points

    from exceptions

)

select * from final
