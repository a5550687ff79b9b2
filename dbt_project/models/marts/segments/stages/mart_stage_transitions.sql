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

lasting as (

    -- stays of the same months are counted before they are held against every month: few rows, whatever the customers
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

unmoved as (

    select
        lasting.ladder_code,
        months.month_start,
        lasting.stage_code as from_code,
        lasting.stage_code as to_code,
        sum(lasting.customer_count) as customer_count

    from lasting

    inner join months
        on
            lasting.began_month < months.month_start
            and (lasting.ended_month > months.month_start or lasting.ended_month is null)

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

moved as (

    select
        arrivals.ladder_code,
        months.month_start,
        -- nobody knew them before
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
        select * from unmoved
        union all
        select * from moved
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

judged as (

    select
        *,
        -- a single small cell could be told from the others and their sum, so the next smallest is withheld with it
        {{ small_cell('customer_count') }}
        or (small_count = 1 and place = 1) as is_suppressed

    from in_rows

),

final as (

    select
        judged.ladder_code,
        judged.month_start,
        months.month_end <= {{ plus_days('as_of.as_of', 1) }} as is_complete,
        judged.from_code,
        judged.to_code,
        judged.from_code <> judged.to_code as is_move,
        cast(case when not judged.is_suppressed then judged.customer_count end as bigint) as customer_count,
        cast({{ unless_small('judged.from_customer_count', 'judged.from_customer_count') }} as bigint)
            as from_customer_count,
        case
            when not judged.is_suppressed then cast(judged.customer_count as double) / judged.from_customer_count
        end as transition_share,
        judged.is_suppressed

    from judged

    inner join months
        on judged.month_start = months.month_start

    cross join as_of

)

select * from final
