-- Grain: one row per ladder (lifecycle, advocacy), month, stage at its beginning and stage at its end.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

months as (

    select
        months.month_start,
        cast(months.month_start + interval '1 month' as date) as month_end

    from (
        {{ month_series(
            "(select as_of - interval '" ~ (var('stage_transition_months') - 1) ~ " months' from as_of)",
            '(select as_of from as_of)'
        ) }}
    ) as months

),

stays as (

    select
        customer_key,
        ladder_code,
        stage_code,
        cast(date_trunc('month', began_on) as date) as began_month,
        cast(date_trunc('month', ended_on) as date) as ended_month

    from {{ ref('int_stage_stays') }}

),

stay_counts as (

    -- stays are counted by their months before the join with every month, which keeps that join small
    select
        ladder_code,
        stage_code,
        began_month,
        ended_month,
        count(*) as customer_count

    from stays
    where began_month is distinct from ended_month
    group by all

),

unmoved_counts as (

    select
        stay_counts.ladder_code,
        months.month_start,
        stay_counts.stage_code as from_code,
        stay_counts.stage_code as to_code,
        sum(stay_counts.customer_count) as customer_count

    from stay_counts

    inner join months
        on
            stay_counts.began_month < months.month_start
            and (stay_counts.ended_month > months.month_start or stay_counts.ended_month is null)

    group by all

),

-- the stage in which a month that brought a change ended, and the one in which it began
arrivals as (

    select * from stays
    where began_month is distinct from ended_month

),

departures as (

    select * from stays
    where began_month < ended_month

),

movement_counts as (

    select
        arrivals.ladder_code,
        months.month_start,
        -- not known before
        coalesce(departures.stage_code, 'newly_known') as from_code,
        arrivals.stage_code as to_code,
        count(*) as customer_count

    from arrivals

    inner join months
        on arrivals.began_month = months.month_start

    left join departures
        on
            arrivals.customer_key = departures.customer_key
            and arrivals.ladder_code = departures.ladder_code
            and arrivals.began_month = departures.ended_month

    group by all

),

cells as (

    select
        ladder_code,
        month_start,
        from_code,
        to_code,
        sum(customer_count) as customer_count

    from (
        select * from unmoved_counts
        union all
        select * from movement_counts
    ) as both_kinds

    group by all

),

in_rows as (

    select
        *,
        sum(customer_count) over (partition by ladder_code, month_start, from_code) as from_customer_count,
        count(*) filter (where {{ small_cell('customer_count') }})
            over (partition by ladder_code, month_start, from_code) as small_count,
        row_number() over (
            partition by ladder_code, month_start, from_code
            order by case when {{ small_cell('customer_count') }} then 1 else 0 end, customer_count, to_code
        ) as place

    from cells

),

cells_to_show as (

    select
        *,
        -- a single small cell could be derived from the others and their sum, so the next smallest is suppressed with
        -- it
        {{ small_cell('customer_count') }}
        or (small_count = 1 and place = 1) as is_suppressed

    from in_rows

),

final as (

    select
        cells_to_show.ladder_code,
        cells_to_show.month_start,
        months.month_end <= {{ plus_days('as_of.as_of', 1) }} as is_complete,
        cells_to_show.from_code,
        cells_to_show.to_code,
        cells_to_show.from_code <> cells_to_show.to_code as is_move,
        cast(case when not cells_to_show.is_suppressed then cells_to_show.customer_count end as bigint)
            as customer_count,
        cast({{ unless_small('cells_to_show.from_customer_count', 'cells_to_show.from_customer_count') }} as bigint)
            as from_customer_count,
        case
            when
                not cells_to_show.is_suppressed
                then cast(cells_to_show.customer_count as double) / cells_to_show.from_customer_count
        end as transition_share,
        cells_to_show.is_suppressed

    from cells_to_show

    inner join months
        on cells_to_show.month_start = months.month_start

    cross join as_of

)

select * from final
