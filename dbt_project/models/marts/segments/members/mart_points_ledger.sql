-- Grain: one row per month, to as_of, and one for all time.
-- Two books that must agree: the entries by kind, and what the accounts still hold of each issue.
{%- set flows = [
    'issued_points', 'redeemed_points', 'expired_points', 'adjusted_points', 'net_points', 'entry_count',
    'gained_points', 'taken_points', 'uncovered_points', 'anonymous_points', 'run_out_points', 'cleared_points',
] %}
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

entries as (

    select
        entry_key,
        cast(occurred_at as date) as booked_on,
        cast(date_trunc('month', occurred_at) as date) as month_start,
        kind_code,
        point_delta,
        expires_on,
        -- points without an account cannot be redeemed
        balance_points is null as is_anonymous,
        uncovered_points,
        expired_points,
        remaining_points,
        point_delta > 0 and expires_on <= as_of as has_run_out

    from {{ ref('fct_points') }}

    cross join as_of

),

uses as (

    select
        takers.month_start,
        greatest(takers.booked_on, issues.expires_on) as cleared_on,
        issues.has_run_out,
        uses.point_count

    from {{ ref('int_point_uses') }} as uses

    inner join entries as takers
        on uses.entry_key = takers.entry_key

    inner join entries as issues
        on uses.issue_key = issues.entry_key

),

bookings_by_month as (

    select
        month_start,
        sum(point_delta) filter (where kind_code = 'issued') as issued_points,
        -sum(point_delta) filter (where kind_code = 'redeemed') as redeemed_points,
        -sum(point_delta) filter (where kind_code = 'expired') as expired_points,
        sum(point_delta) filter (where kind_code = 'adjusted') as adjusted_points,
        sum(point_delta) as net_points,
        count(*) as entry_count,
        sum(point_delta) filter (where point_delta > 0 and not is_anonymous) as gained_points,
        sum(uncovered_points) as uncovered_points,
        sum(point_delta) filter (where is_anonymous) as anonymous_points

    from entries
    group by month_start

),

uses_by_month as (

    select
        month_start,
        sum(point_count) as taken_points

    from uses
    group by month_start

),

-- expired points and those already booked off the account, by the month in which both apply
expiries_by_month as (

    select
        cast(date_trunc('month', greatest(expires_on, booked_on)) as date) as month_start,
        sum(point_delta) as run_out_points

    from entries
    where
        has_run_out
        and not is_anonymous
    group by all

),

clearings_by_month as (

    select
        cast(date_trunc('month', cleared_on) as date) as month_start,
        sum(point_count) as cleared_points

    from uses
    where has_run_out
    group by all

),

maturities_by_month as (

    select
        month_start,
        sum(point_delta) as matured_points,
        sum(expired_points) as matured_expired_points,
        sum(remaining_points) as matured_due_points

    from entries
    where
        has_run_out
        and kind_code = 'issued'
        and not is_anonymous
    group by month_start

),

bounds as (

    select
        min(entries.booked_on) as first_day,
        max(as_of.as_of) as last_day

    from entries

    cross join as_of

),

months as (

    {{ month_series('first_day', 'last_day') }}
    from bounds

),

monthly as (

    select
        months.month_start,
        {%- for column in flows %}
        coalesce({{ column }}, 0) as {{ column }},
        {%- endfor %}
        maturities_by_month.matured_points,
        maturities_by_month.matured_expired_points,
        maturities_by_month.matured_due_points

    from months

    left join bookings_by_month
        on months.month_start = bookings_by_month.month_start

    left join uses_by_month
        on months.month_start = uses_by_month.month_start

    left join expiries_by_month
        on months.month_start = expiries_by_month.month_start

    left join clearings_by_month
        on months.month_start = clearings_by_month.month_start

    left join maturities_by_month
        on months.month_start = maturities_by_month.month_start

),

periods as (

    select
        'month' as period_kind,
        month_start,
        coalesce(sum(net_points) over before, 0) as opening_points,
        issued_points,
        redeemed_points,
        expired_points,
        adjusted_points,
        entry_count,
        sum(net_points) over so_far as closing_points,
        sum(gained_points - taken_points) over so_far as open_points,
        sum(uncovered_points) over so_far as uncovered_points,
        sum(anonymous_points) over so_far as anonymous_points,
        sum(run_out_points - cleared_points) over so_far as due_expiry_points,
        matured_points,
        matured_expired_points,
        matured_due_points

    from monthly
    window
        so_far as (order by month_start rows between unbounded preceding and current row),
        before as (order by month_start rows between unbounded preceding and 1 preceding)

    union all

    select
        'all' as period_kind,
        min(month_start) as month_start,
        0 as opening_points,
        {%- for column in ['issued', 'redeemed', 'expired', 'adjusted'] %}
        sum({{ column }}_points) as {{ column }}_points,
        {%- endfor %}
        sum(entry_count) as entry_count,
        sum(net_points) as closing_points,
        sum(gained_points - taken_points) as open_points,
        sum(uncovered_points) as uncovered_points,
        sum(anonymous_points) as anonymous_points,
        sum(run_out_points - cleared_points) as due_expiry_points,
        sum(matured_points) as matured_points,
        sum(matured_expired_points) as matured_expired_points,
        sum(matured_due_points) as matured_due_points

    from monthly
    having count(*) > 0

),

final as (

    select
        period_kind,
        month_start,
        {%- for column in [
            'opening', 'issued', 'redeemed', 'expired', 'adjusted', 'closing',
        ] %}
        cast({{ column }}_points as bigint) as {{ column }}_points,
        {%- endfor %}
        cast(
            opening_points + issued_points - redeemed_points - expired_points + adjusted_points
            - closing_points as bigint
        ) as difference_points,
        {%- for column in ['open', 'uncovered', 'anonymous'] %}
        cast({{ column }}_points as bigint) as {{ column }}_points,
        {%- endfor %}
        cast(open_points - uncovered_points + anonymous_points - closing_points as bigint) as account_difference_points,
        cast(due_expiry_points as bigint) as due_expiry_points,
        cast(open_points - due_expiry_points as bigint) as liability_points,
        cast((open_points - due_expiry_points) * {{ var('point_value_cny') }} as decimal(18, 2)) as liability_cny,
        {%- for column in ['matured', 'matured_expired', 'matured_due'] %}
        cast(coalesce({{ column }}_points, 0) as bigint) as {{ column }}_points,
        {%- endfor %}
        round((matured_expired_points + matured_due_points) / nullif(cast(matured_points as double), 0), 6)
            as breakage_rate,
        cast(entry_count as bigint) as entry_count

    from periods

)

select * from final
