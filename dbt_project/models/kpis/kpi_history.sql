-- Grain: one row per KPI, kind of period, period, channel, brand and product; `all` stands for a total.
with

kpi_rows as (

    select * from {{ ref('kpi_rows') }}

),

catalogue as (

    select * from {{ ref('kpi_catalogue') }}

),

brands as (

    select * from {{ ref('int_brands') }}

),


as_of as (

    select * from {{ ref('stg_as_of') }}

),

period_kinds as (

    select 'day' as period_kind
    union all
    select 'week' as period_kind
    union all
    select 'month' as period_kind
    union all
    select 'quarter' as period_kind

),

targets as (

    -- a target for `all` kinds of period stands where there is none for the kind itself
    select
        targets.kpi_code,
        period_kinds.period_kind,
        targets.channel_code,
        targets.brand_code,
        targets.product_key,
        targets.target,
        targets.near_tolerance,
        targets.valid_from,
        coalesce(targets.valid_to, date '9999-12-31') as valid_to

    from {{ ref('kpi_targets') }} as targets

    inner join period_kinds
        on targets.period_kind in (period_kinds.period_kind, 'all')

    qualify rank() over (
        partition by
            targets.kpi_code, targets.channel_code, targets.brand_code, targets.product_key, period_kinds.period_kind
        order by case when targets.period_kind = 'all' then 1 else 0 end
    ) = 1

),

---------- KPIs that are summed: into periods first, which leaves few rows to roll up

by_period as (

    select
        kpi_rows.kpi_code,
        period_kinds.period_kind,
        cast(date_trunc(period_kinds.period_kind, kpi_rows.period_date) as date) as period_start,
        kpi_rows.channel_code,
        kpi_rows.brand_code,
        kpi_rows.product_key,
        sum(kpi_rows.numerator) as numerator,
        sum(kpi_rows.denominator) as denominator,
        sum(kpi_rows.sum_of_squares) as sum_of_squares,
        sum(kpi_rows.sample_count) as sample_count

    from kpi_rows

    inner join catalogue
        on kpi_rows.kpi_code = catalogue.kpi_code

    inner join period_kinds
        on ',' || catalogue.period_kinds || ',' like '%,' || period_kinds.period_kind || ',%'

    where catalogue.additivity = 'sum'
    group by all

),

brand_scopes as (

    select
        by_period.*,
        'all' as brand_scope
    from by_period

    union all

    -- all our brands together, under one name that does not change with the brands
    select
        by_period.*,
        'own' as brand_scope
    from by_period

    left join brands
        on by_period.brand_code = brands.brand_code

    where by_period.brand_code = 'own' or brands.is_own_brand

    union all

    select
        by_period.*,
        brand_code as brand_scope
    from by_period
    where brand_code <> 'own'

),

rolled_up as (

    -- the finest cross of channel and product stays in kpi_<name>: here it would be nine tenths of the rows
    select
        kpi_code,
        period_kind,
        period_start,
        case when grouping(channel_code) = 1 then 'all' else channel_code end as channel_code,
        brand_scope as brand_code,
        case when grouping(product_key) = 1 then 'all' else product_key end as product_key,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(sum_of_squares) as sum_of_squares,
        cast(null as double) as value_low,
        cast(null as double) as value_high,
        cast(sum(sample_count) as bigint) as sample_count

    from brand_scopes
    group by
        grouping sets (
            (kpi_code, period_kind, period_start, brand_scope),
            (kpi_code, period_kind, period_start, brand_scope, channel_code),
            (kpi_code, period_kind, period_start, brand_scope, product_key)
        )
    having
        -- a KPI without channels or products has its total already
        not (grouping(channel_code) = 0 and channel_code = 'all')
        and not (grouping(product_key) = 0 and (product_key = 'all' or brand_scope = 'all'))

),

---------- KPIs that are not: their own SQL has computed every period and dimension

computed as (

    select
        kpi_rows.kpi_code,
        kpi_rows.period_kind,
        kpi_rows.period_date as period_start,
        kpi_rows.channel_code,
        kpi_rows.brand_code,
        kpi_rows.product_key,
        kpi_rows.numerator,
        kpi_rows.denominator,
        kpi_rows.sum_of_squares,
        kpi_rows.value_low,
        kpi_rows.value_high,
        kpi_rows.sample_count

    from kpi_rows

    inner join catalogue
        on kpi_rows.kpi_code = catalogue.kpi_code

    where catalogue.additivity = 'none'

),

measured as (

    select * from rolled_up
    union all
    select * from computed

),

---------- what may be shown, and which periods are complete

first_days as (

    select
        kpi_code,
        min(period_date) as first_on

    from kpi_rows
    group by kpi_code

),

spans as (

    select
        measured.*,
        cast(
            case measured.period_kind
                when 'day' then measured.period_start + interval '1 day'
                when 'week' then measured.period_start + interval '7 days'
                when 'month' then measured.period_start + interval '1 month'
                when 'quarter' then measured.period_start + interval '3 months'
            end as date
        ) as next_period_start,
        cast(
            case measured.period_kind
                when 'day' then measured.period_start - interval '1 day'
                when 'week' then measured.period_start - interval '7 days'
                when 'month' then measured.period_start - interval '1 month'
                when 'quarter' then measured.period_start - interval '3 months'
            end as date
        ) as previous_period_start

    from measured

),

valued as (

    select
        spans.*,
        catalogue.unit,
        catalogue.higher_is_better,
        catalogue.withheld_reason,
        as_of.as_of,
        spans.period_start >= first_days.first_on
        and spans.next_period_start + catalogue.maturity_days * interval '1 day'
        <= as_of.as_of + interval '1 day' as is_complete,
        case
            when catalogue.status_code = 'withheld' then 'withheld'
            when spans.sample_count < catalogue.minimum_sample then 'hidden'
            -- nothing to divide by
            when catalogue.unit <> 'count' and coalesce(spans.denominator, 0) = 0 then 'hidden'
        end as silence_code,
        catalogue.minimum_sample,
        catalogue.scale,
        catalogue.scale * case
            when catalogue.unit = 'count' then spans.numerator
            else spans.numerator / nullif(spans.denominator, 0)
        end as raw_value,
        -- of a mean, from the sum of squares; 95 %. Only where a KPI gives one: greatest() passes
        -- over a null, and would make an interval without width of it
        case when spans.sum_of_squares is not null then catalogue.scale * 1.96 * sqrt(
            greatest(
                spans.sum_of_squares / nullif(spans.denominator, 0)
                - power(spans.numerator / nullif(spans.denominator, 0), 2),
                0
            ) / nullif(spans.denominator, 0)
        ) end as margin

    from spans

    inner join catalogue
        on spans.kpi_code = catalogue.kpi_code

    inner join first_days
        on spans.kpi_code = first_days.kpi_code

    cross join as_of

),

shown as (

    select
        *,
        case when silence_code is null then raw_value end as value,
        case when silence_code is null then coalesce(value_low, least(raw_value, round(raw_value - margin, 6))) end as shown_low,
        case when silence_code is null then coalesce(value_high, greatest(raw_value, round(raw_value + margin, 6))) end as shown_high

    from valued

),

compared as (

    select
        shown.*,
        previous.value as previous_value,
        case
            -- a running period is no match for a whole one
            when not shown.is_complete then null
            when shown.unit = 'count' then shown.value / nullif(previous.value, 0) - 1
            else shown.value - previous.value
        end as delta,
        case when shown.unit = 'count' then 'percent' else 'points' end as delta_kind

    from shown

    left join shown as previous
        on
            shown.kpi_code = previous.kpi_code
            and shown.period_kind = previous.period_kind
            and shown.previous_period_start = previous.period_start
            and shown.channel_code = previous.channel_code
            and shown.brand_code = previous.brand_code
            and shown.product_key = previous.product_key
            and previous.is_complete

),

aimed as (

    select
        compared.*,
        targets.target,
        -- how far on the wrong side of the target; not above 0 is met
        case
            when compared.higher_is_better then targets.target - compared.value
            else compared.value - targets.target
        end as shortfall,
        targets.near_tolerance

    from compared

    left join targets
        on
            compared.kpi_code = targets.kpi_code
            and compared.period_kind = targets.period_kind
            and compared.channel_code = targets.channel_code
            and compared.brand_code = targets.brand_code
            and compared.product_key = targets.product_key
            and compared.period_start >= targets.valid_from
            and compared.period_start < targets.valid_to

),

final as (

    select
        kpi_code,
        period_kind,
        period_start,
        channel_code,
        brand_code,
        product_key,
        numerator,
        denominator,
        value,
        shown_low as value_low,
        shown_high as value_high,
        sample_count,
        previous_value,
        delta,
        delta_kind,
        target,
        case
            when silence_code is not null then silence_code
            when not is_complete then 'running'
            when target is null then 'no_target'
            when shortfall <= 0 then 'on_target'
            when shortfall <= near_tolerance then 'near_target'
            else 'off_target'
        end as status_code,
        case silence_code
            when 'withheld' then withheld_reason
            when 'hidden' then '样本不足 n < ' || cast(minimum_sample as {{ dbt.type_string() }})
        end as status_reason,
        is_complete,
        cast(next_period_start - interval '1 day' as date) as period_end,
        as_of

    from aimed

)

select * from final
