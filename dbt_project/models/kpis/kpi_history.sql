-- Grain: one row per KPI, kind of period, period, channel, brand, product and segment; `all` stands for a total.
with

measured as (

    select * from {{ ref('kpi_periods') }}

),

catalogue as (

    select * from {{ ref('kpi_catalogue') }}

),

grounds as (

    select * from {{ ref('kpi_grounds') }}

),

violations as (

    select * from {{ ref('int_ground_violations') }}

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

broken_grounds as (

    -- what a number rests on is violated more than it bears; the worst of its grounds is told
    select
        measured.kpi_code,
        measured.period_kind,
        measured.period_start,
        measured.channel_code,
        measured.brand_code,
        measured.product_key,
        measured.segment_kind,
        measured.segment_code,
        grounds.label_zh || ' ' || cast(violations.violation_count as {{ dbt.type_string() }})
        || ' 条，占 '
        || cast(round(100.0 * violations.violation_count / measured.sample_count, 1) as {{ dbt.type_string() }})
        || '%，上限 ' || cast(round(100 * grounds.maximum_share, 1) as {{ dbt.type_string() }})
        || '%；' || grounds.label_en || ': '
        || cast(violations.violation_count as {{ dbt.type_string() }}) || ' of '
        || cast(measured.sample_count as {{ dbt.type_string() }}) as reason

    from measured

    inner join catalogue
        on measured.kpi_code = catalogue.kpi_code

    inner join grounds
        on ',' || catalogue.grounds || ',' like '%,' || grounds.ground_code || ',%'

    inner join violations
        on
            grounds.ground_code = violations.ground_code
            and measured.period_kind = violations.period_kind
            and measured.period_start = violations.period_start
            and measured.channel_code = violations.channel_code
            and measured.brand_code = violations.brand_code
            and measured.product_key = violations.product_key

    where
        violations.violation_count >= grounds.fewest_violations
        and violations.violation_count > grounds.maximum_share * measured.sample_count

    qualify row_number() over (
        partition by
            measured.kpi_code,
            measured.period_kind,
            measured.period_start,
            measured.channel_code,
            measured.brand_code,
            measured.product_key,
            measured.segment_kind,
            measured.segment_code
        order by violations.violation_count / grounds.maximum_share desc, grounds.ground_code asc
    ) = 1

),

valued as (

    select
        spans.*,
        catalogue.unit,
        catalogue.higher_is_better,
        -- a person's word that a KPI is withheld everywhere stands before what its rows say
        case
            when catalogue.status_code = 'withheld' then catalogue.withheld_reason
            else broken_grounds.reason
        end as withheld_reason,
        as_of.as_of,
        spans.period_start >= spans.first_on
        and spans.next_period_start + catalogue.maturity_days * interval '1 day'
        <= as_of.as_of + interval '1 day' as is_complete,
        case
            when catalogue.status_code = 'withheld' or broken_grounds.kpi_code is not null then 'withheld'
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
        -- of a mean, from the sum of squares; 95 %. Null where a KPI gives none: greatest() passes over a null
        case
            when spans.sum_of_squares is not null
                then catalogue.scale * 1.96 * sqrt(
                    -- rounding may leave a variance of nothing just under nothing
                    greatest(
                        spans.sum_of_squares / nullif(spans.denominator, 0)
                        - power(spans.numerator / nullif(spans.denominator, 0), 2),
                        0
                    ) / nullif(spans.denominator, 0)
                )
        end as margin

    from spans

    inner join catalogue
        on spans.kpi_code = catalogue.kpi_code

    left join broken_grounds
        on
            spans.kpi_code = broken_grounds.kpi_code
            and spans.period_kind = broken_grounds.period_kind
            and spans.period_start = broken_grounds.period_start
            and spans.channel_code = broken_grounds.channel_code
            and spans.brand_code = broken_grounds.brand_code
            and spans.product_key = broken_grounds.product_key
            and spans.segment_kind = broken_grounds.segment_kind
            and spans.segment_code = broken_grounds.segment_code

    cross join as_of

),

intervals as (

    -- rounded, but never past the value itself
    select
        *,
        case when margin is not null then least(raw_value, round(raw_value - margin, 6)) end as margin_low,
        case when margin is not null then greatest(raw_value, round(raw_value + margin, 6)) end as margin_high

    from valued

),

shown as (

    select
        *,
        case when silence_code is null then raw_value end as value,
        case when silence_code is null then coalesce(value_low, margin_low) end as shown_low,
        case when silence_code is null then coalesce(value_high, margin_high) end as shown_high

    from intervals

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
            and shown.segment_kind = previous.segment_kind
            and shown.segment_code = previous.segment_code
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
            and compared.segment_kind = 'all'
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
        segment_kind,
        segment_code,
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
