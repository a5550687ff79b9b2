-- Grain: one row per KPI, kind of period, period, channel, brand, product and segment; `all` stands for a total.
with

period_values as (

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

    {{ period_kinds() }}

),

targets as (

    -- a target for `all` kinds of period stands where there is none for the kind itself; without a band, it is the
    -- end that a value is not to pass
    select
        targets.kpi_code,
        period_kinds.period_kind,
        targets.channel_code,
        targets.brand_code,
        targets.product_key,
        targets.target,
        case
            when targets.target_low is not null or targets.target_high is not null then targets.target_low
            when catalogue.higher_is_better then targets.target
        end as target_low,
        case
            when targets.target_low is not null or targets.target_high is not null then targets.target_high
            when not catalogue.higher_is_better then targets.target
        end as target_high,
        targets.near_tolerance,
        targets.valid_from,
        coalesce(targets.valid_to, date '9999-12-31') as valid_to

    from {{ ref('kpi_targets') }} as targets

    inner join catalogue
        on targets.kpi_code = catalogue.kpi_code

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
        period_values.kpi_code,
        period_values.period_kind,
        period_values.period_start,
        period_values.is_cut,
        period_values.channel_code,
        period_values.brand_code,
        period_values.product_key,
        period_values.segment_kind,
        period_values.segment_code,
        period_values.numerator,
        period_values.denominator,
        period_values.sum_of_squares,
        period_values.value_low as own_low,
        period_values.value_high as own_high,
        period_values.sample_count,
        period_values.until_on,
        period_values.is_running,
        period_values.first_on,
        {{ neighbouring_period('period_values', '+') }} as next_period_start,
        {{ neighbouring_period('period_values', '-') }} as previous_period_start

    from period_values

),

broken_grounds as (

    -- what a number rests on is violated more than it bears; the worst of its grounds is shown. The verdict is of the
    -- whole period: its first days and its segments share it
    select
        period_values.kpi_code,
        period_values.period_kind,
        period_values.period_start,
        period_values.channel_code,
        period_values.brand_code,
        period_values.product_key,
        {{ broken_ground_reason('violations.violation_count', 'period_values.sample_count') }} as reason

    from period_values

    inner join catalogue
        on period_values.kpi_code = catalogue.kpi_code

    inner join grounds
        on ',' || catalogue.grounds || ',' like '%,' || grounds.ground_code || ',%'

    inner join violations
        on
            grounds.ground_code = violations.ground_code
            and period_values.period_kind = violations.period_kind
            and period_values.period_start = violations.period_start
            and period_values.channel_code = violations.channel_code
            and period_values.brand_code = violations.brand_code
            and period_values.product_key = violations.product_key

    where
        not period_values.is_cut
        and period_values.segment_kind = 'all'
        and violations.violation_count >= grounds.fewest_violations
        and violations.violation_count > grounds.maximum_share * period_values.sample_count

    qualify row_number() over (
        partition by
            period_values.kpi_code,
            period_values.period_kind,
            period_values.period_start,
            period_values.channel_code,
            period_values.brand_code,
            period_values.product_key
        order by violations.violation_count / grounds.maximum_share desc, grounds.ground_code asc
    ) = 1

),

spans_with_value as (

    select
        spans.*,
        catalogue.unit,
        coalesce(catalogue.is_census, false) as is_census,
        catalogue.interval_code,
        catalogue.maturity_days,
        catalogue.version as definition_version,
        catalogue.minimum_sample,
        catalogue.scale,
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
            -- a volume of nothing is a volume
            when
                spans.sample_count < catalogue.minimum_sample
                and not (catalogue.unit = 'count' and catalogue.minimum_sample <= 1)
                then 'hidden'
            -- nothing to divide by
            when catalogue.unit <> 'count' and coalesce(spans.denominator, 0) = 0 then 'hidden'
        end as silence_code,
        catalogue.scale * case
            when catalogue.unit = 'count' then spans.numerator
            else spans.numerator / nullif(spans.denominator, 0)
        end as raw_value,
        -- of a mean, from the sum of squares; 95 %. Values that are all alike say nothing of how far they scatter
        catalogue.scale * 1.959964 * sqrt(
            nullif(
                greatest(
                    round(
                        spans.sum_of_squares / nullif(spans.denominator, 0)
                        - power(spans.numerator / nullif(spans.denominator, 0), 2),
                        12
                    ),
                    0
                ),
                0
            ) / spans.denominator
        ) as margin

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

    cross join as_of

),

intervals as (

    select
        *,
        -- a day is not compared before it is over
        case when is_running and not is_complete and period_kind <> 'day' then 'to_date' else 'complete' end
            as comparison_code,
        case interval_code
            when 'own' then own_low
            when 'mean' then raw_value - margin
            when 'wilson' then scale * {{ wilson_end('numerator', 'denominator', '-') }}
        end as low_end,
        case interval_code
            when 'own' then own_high
            when 'mean' then raw_value + margin
            when 'wilson' then scale * {{ wilson_end('numerator', 'denominator', '+') }}
        end as high_end

    from spans_with_value

),

interval_values as (

    -- an interval is rounded, but never past the value itself
    select
        *,
        case when silence_code is null then raw_value end as value,
        case when silence_code is null and low_end is not null then least(raw_value, round(low_end, 6)) end
            as value_low,
        case when silence_code is null and high_end is not null then greatest(raw_value, round(high_end, 6)) end
            as value_high,
        -- a volume is no sample of anything, nor is what counts everything there is
        unit <> 'count'
        and not is_census
        and denominator is not null
        and sample_count < {{ var('kpi_small_sample') }} as is_small_sample

    from intervals

),

values_with_previous as (

    -- a whole period with the whole one before; a running one with as many days of the one before
    select
        interval_values.*,
        previous.until_on as previous_until_on,
        previous.numerator as previous_numerator,
        previous.denominator as previous_denominator,
        previous.value as previous_value,
        case
            when interval_values.unit in ('count', 'cny') then interval_values.value / nullif(previous.value, 0) - 1
            else interval_values.value - previous.value
        end as delta,
        case when interval_values.unit in ('count', 'cny') then 'percent' else 'points' end as delta_kind

    from interval_values

    left join interval_values as previous
        on
            interval_values.kpi_code = previous.kpi_code
            and interval_values.period_kind = previous.period_kind
            and interval_values.previous_period_start = previous.period_start
            and (interval_values.comparison_code = 'to_date') = previous.is_cut
            and interval_values.channel_code = previous.channel_code
            and interval_values.brand_code = previous.brand_code
            and interval_values.product_key = previous.product_key
            and interval_values.segment_kind = previous.segment_kind
            and interval_values.segment_code = previous.segment_code
            -- neither side is compared before it is known, nor where the data begin within it
            and (interval_values.is_complete or interval_values.comparison_code = 'to_date')
            and (previous.is_complete or previous.is_cut)
            and interval_values.period_start >= interval_values.first_on
            and previous.period_start >= previous.first_on

    where not interval_values.is_cut

),

values_with_target as (

    select
        values_with_previous.*,
        targets.target,
        targets.target_low,
        targets.target_high,
        targets.near_tolerance,
        -- how far outside its band; a difference of two numbers that look alike may be next to nothing
        round(
            greatest(
                coalesce(targets.target_low - values_with_previous.value, 0),
                coalesce(values_with_previous.value - targets.target_high, 0)
            ),
            9
        ) as shortfall

    from values_with_previous

    left join targets
        on
            values_with_previous.kpi_code = targets.kpi_code
            and values_with_previous.period_kind = targets.period_kind
            and values_with_previous.channel_code = targets.channel_code
            and values_with_previous.brand_code = targets.brand_code
            and values_with_previous.product_key = targets.product_key
            and values_with_previous.segment_kind = 'all'
            and values_with_previous.period_start >= targets.valid_from
            and values_with_previous.period_start < targets.valid_to

),

values_with_judgement as (

    select
        *,
        case
            when target is null then 'no_target'
            when shortfall <= 0 then 'on_target'
            when shortfall <= near_tolerance then 'near_target'
            else 'off_target'
        end as judgement_code

    from values_with_target

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
        comparison_code,
        numerator,
        denominator,
        value,
        value_low,
        value_high,
        sample_count,
        is_small_sample,
        case when previous_until_on is not null then previous_period_start end as previous_period_start,
        previous_until_on,
        previous_numerator,
        previous_denominator,
        previous_value,
        delta,
        delta_kind,
        target,
        target_low,
        target_high,
        case
            when silence_code is not null then silence_code
            when not is_complete then 'running'
            else judgement_code
        end as status_code,
        {{ status_reason() }} as status_reason,
        -- of a rate only: what has been counted so far of a volume is less than what will be
        case
            when silence_code is null and comparison_code = 'to_date' and unit <> 'count' and denominator is not null
                then judgement_code
        end as outlook_code,
        is_complete,
        cast(next_period_start - interval '1 day' as date) as period_end,
        until_on,
        definition_version,
        as_of

    from values_with_judgement

)

select * from final
