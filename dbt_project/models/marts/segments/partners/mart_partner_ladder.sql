-- Grain: one row per month, rung at its beginning (`all` for the total) and rung at its end.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

periods as (

    select
        customer_key,
        partner_code,
        previous_partner_code,
        cast(date_trunc('month', valid_from) as date) as began_month,
        cast(date_trunc('month', valid_to) as date) as ended_month

    from {{ ref('customer_partner_rungs') }}

),

bounds as (

    select
        min(periods.began_month) as first_month,
        max(as_of.as_of) as last_day

    from periods

    cross join as_of

),

months as (

    {{ month_series(
        "greatest(first_month, cast(last_day - interval '" ~ (var('partner_ladder_months') - 1) ~ " months' as date))",
        'last_day'
    ) }}
    from bounds

),

-- periods are counted by their months before the join with every month, which keeps that join small
period_counts as (

    select
        partner_code,
        began_month,
        ended_month,
        count(*) as customer_count

    from periods
    where began_month is distinct from ended_month
    group by partner_code, began_month, ended_month

),

stay_counts as (

    select
        months.month_start,
        period_counts.partner_code as from_partner_code,
        period_counts.partner_code,
        sum(period_counts.customer_count) as customer_count

    from months

    inner join period_counts
        on
            months.month_start > period_counts.began_month
            and (months.month_start < period_counts.ended_month or period_counts.ended_month is null)

    group by months.month_start, period_counts.partner_code

),

-- customers who end a month on another rung than they began it on
arrival_counts as (

    select
        arrivals.began_month as month_start,
        coalesce(departures.partner_code, 'newly_known') as from_partner_code,
        arrivals.partner_code,
        count(*) as customer_count

    from periods as arrivals

    inner join months
        on arrivals.began_month = months.month_start

    left join periods as departures
        on
            arrivals.customer_key = departures.customer_key
            and arrivals.began_month = departures.ended_month
            and departures.began_month < departures.ended_month

    where arrivals.began_month is distinct from arrivals.ended_month
    group by arrivals.began_month, departures.partner_code, arrivals.partner_code

),

cells as (

    select * from stay_counts
    union all
    select * from arrival_counts

),

movement_counts as (

    select
        month_start,
        coalesce(from_partner_code, 'all') as from_partner_code,
        partner_code,
        sum(customer_count) as customer_count

    from cells
    group by month_start, partner_code, grouping sets ((from_partner_code), ())

),

movements_with_small_count as (

    select
        *,
        sum(customer_count) over (partition by month_start, from_partner_code) as from_customer_count,
        count(*) filter (where {{ small_cell('customer_count') }} and from_partner_code <> 'all')
            over (partition by month_start, partner_code) as small_count,
        row_number() over (
            partition by month_start, partner_code
            order by
                case
                    when from_partner_code = 'all' then 2
                    when {{ small_cell('customer_count') }} then 1
                    else 0
                end asc,
                customer_count asc,
                from_partner_code asc
        ) as cell_number

    from movement_counts

),

rungs as (

    select distinct
        partner_code,
        rung
    from {{ ref('partner_rules') }}

),

hidden as (

    select
        *,
        -- a single small cell could be derived from the total and the others, so the next smallest is suppressed with
        -- it
        {{ small_cell('customer_count') }}
        or (small_count = 1 and cell_number = 1 and from_partner_code <> 'all') as is_suppressed

    from movements_with_small_count

),

final as (

    select
        hidden.month_start,
        hidden.from_partner_code,
        hidden.partner_code,
        rungs.rung,
        case when not hidden.is_suppressed then {{ unless_small(
            'cast(hidden.customer_count as bigint)', 'hidden.customer_count'
        ) }} end as customer_count,
        case
            when not hidden.is_suppressed
                then round(hidden.customer_count / cast(hidden.from_customer_count as double), 6)
        end as customer_share,
        hidden.is_suppressed

    from hidden

    inner join rungs
        on hidden.partner_code = rungs.partner_code

)

select * from final
