-- Grain: one row per lift, metric and later period (during, after), compared with the days before.
--
-- T and C are the daily values of what was treated and of its controls, 0 the days before, 1 the later ones.
-- Relative lift: (mean T1 / mean T0) / (mean C1 / mean C0) - 1. Lift a day: mean T1 - mean T0 * mean C1 / mean C0.
-- Both are functions of four means, so their errors are sums of what each day adds to them (the delta method), and
-- the same day's T and C stay together: what moves the whole shop on a day moves both. Days that follow each other
-- are alike, so the variance is that of Newey and West (1987): Bartlett weights, lag floor(4 (n/100)^(2/9)),
-- n / (n - 2) for small samples, Student's t with n - 2 degrees of freedom; and never less than that of independent
-- days, for in a month of days chance alone makes them look as if each made up for the one before.
with

days as (

    select * from {{ ref('int_lift_days') }}

),

pairs as (

    select
        days.lift_code,
        days.metric_code,
        periods.period_code,
        days.day,
        days.period_code = 'before' as is_before,
        days.treated_value,
        days.control_value

    from days

    inner join (values ('during'), ('after')) as periods (period_code) -- noqa: ST05
        on days.period_code in ('before', periods.period_code)

),

totals as (

    select
        lift_code,
        metric_code,
        period_code,
        count(*) filter (where is_before) as before_days,
        count(*) filter (where not is_before) as period_days,
        coalesce(round(sum(treated_value) filter (where is_before), 2), 0) as treated_before,
        coalesce(round(sum(treated_value) filter (where not is_before), 2), 0) as treated_period,
        coalesce(round(sum(control_value) filter (where is_before), 2), 0) as control_before,
        coalesce(round(sum(control_value) filter (where not is_before), 2), 0) as control_period

    from pairs
    group by lift_code, metric_code, period_code

),

means as (

    select
        *,
        cast(floor(4 * power((before_days + period_days) / 100.0, 2.0 / 9)) as integer) as lag_days,
        treated_before / nullif(before_days, 0) as t0,
        treated_period / nullif(period_days, 0) as t1,
        control_before / nullif(before_days, 0) as c0,
        control_period / nullif(period_days, 0) as c1

    from totals

),

-- what each day adds to the error of the log of the relative lift, and of the lift a day
influences as (

    select
        pairs.lift_code,
        pairs.metric_code,
        pairs.period_code,
        pairs.day,
        means.lag_days,
        case
            when pairs.is_before
                then
                    -(pairs.treated_value / nullif(means.t0, 0) - pairs.control_value / nullif(means.c0, 0))
                    / means.before_days
            else
                (pairs.treated_value / nullif(means.t1, 0) - pairs.control_value / nullif(means.c1, 0))
                / means.period_days
        end as of_log,
        case
            when pairs.is_before
                then
                    -(means.c1 / nullif(means.c0, 0))
                    * (pairs.treated_value - means.t0 / nullif(means.c0, 0) * pairs.control_value)
                    / means.before_days
            else
                (
                    pairs.treated_value - means.t1
                    - means.t0 / nullif(means.c0, 0) * (pairs.control_value - means.c1)
                ) / means.period_days
        end as of_difference

    from pairs

    inner join means
        on
            pairs.lift_code = means.lift_code
            and pairs.metric_code = means.metric_code
            and pairs.period_code = means.period_code

),

variances as (

    select
        earlier.lift_code,
        earlier.metric_code,
        earlier.period_code,
        greatest(
            sum(
                case when earlier.day = later.day then 1 else 2 end
                * (1 - (later.day - earlier.day) / (earlier.lag_days + 1.0))
                * earlier.of_log * later.of_log
            ),
            sum(case when earlier.day = later.day then earlier.of_log * later.of_log end)
        ) as of_log,
        greatest(
            sum(
                case when earlier.day = later.day then 1 else 2 end
                * (1 - (later.day - earlier.day) / (earlier.lag_days + 1.0))
                * earlier.of_difference * later.of_difference
            ),
            sum(case when earlier.day = later.day then earlier.of_difference * later.of_difference end)
        ) as of_difference

    from influences as earlier

    inner join influences as later
        on
            earlier.lift_code = later.lift_code
            and earlier.metric_code = later.metric_code
            and earlier.period_code = later.period_code
            and earlier.day <= later.day
            and earlier.day + earlier.lag_days >= later.day

    group by earlier.lift_code, earlier.metric_code, earlier.period_code

),

---------- whether both moved alike before: the slope of their relative difference, least squares by day

gaps as (

    select
        pairs.lift_code,
        pairs.metric_code,
        pairs.period_code,
        pairs.day - min(pairs.day) over (partition by pairs.lift_code, pairs.metric_code, pairs.period_code) as x,
        pairs.treated_value / nullif(means.t0, 0) - pairs.control_value / nullif(means.c0, 0) as y

    from pairs

    inner join means
        on
            pairs.lift_code = means.lift_code
            and pairs.metric_code = means.metric_code
            and pairs.period_code = means.period_code

    where pairs.is_before

),

sums_of_gaps as (

    select
        lift_code,
        metric_code,
        period_code,
        count(y) as n,
        sum(x * x) - sum(x) * sum(x) / cast(count(*) as double) as s_xx,
        sum(x * y) - sum(x) * sum(y) / count(*) as s_xy,
        sum(y * y) - sum(y) * sum(y) / count(*) as s_yy

    from gaps
    group by lift_code, metric_code, period_code
    having count(y) >= 4

),

trends as (

    select
        lift_code,
        metric_code,
        period_code,
        s_xy / s_xx as slope,
        sqrt(greatest(s_yy - s_xy * s_xy / s_xx, 0) / (n - 2) / s_xx) * {{ t_975('(n - 2)') }} as margin

    from sums_of_gaps

),

final as (

    select
        means.lift_code,
        means.metric_code,
        means.period_code,
        means.before_days,
        means.period_days,
        means.treated_before,
        means.treated_period,
        means.control_before,
        means.control_period,
        means.lag_days,
        means.t0 as treated_before_per_day,
        means.t1 as treated_period_per_day,
        means.t0 * means.c1 / nullif(means.c0, 0) as expected_per_day,
        round(
            ln(nullif(means.t1, 0) / nullif(means.t0, 0)) - ln(nullif(means.c1, 0) / nullif(means.c0, 0)), 9
        ) as log_lift,
        -- rounded, because the last digits of a sum of doubles depend on the order of its rows
        {% set freedom = 'nullif(means.before_days + means.period_days - 2, 0)' -%}
        {% for of in ['of_log', 'of_difference'] -%}
        case when means.period_days > 0 then round(
            sqrt(greatest(variances.{{ of }}, 0) * (means.before_days + means.period_days) / {{ freedom }})
            * {{ t_975(freedom) }},
            9
        ) end as margin_{{ of }},
        {% endfor -%}
        round(trends.slope, 9) as pre_trend_slope,
        round(trends.margin, 9) as pre_trend_margin

    from means

    left join variances
        on
            means.lift_code = variances.lift_code
            and means.metric_code = variances.metric_code
            and means.period_code = variances.period_code

    left join trends
        on
            means.lift_code = trends.lift_code
            and means.metric_code = trends.metric_code
            and means.period_code = trends.period_code

)

select * from final
