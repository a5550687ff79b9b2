-- KPI: conversion of customers touched by word of mouth only, over that of customers touched by paid advertising only.
with

subjects as (

    -- the part of each row in the rate of its own side; the multiple is a ratio of two rates and no sum of rows
    select
        'attribution.wom_windows' as row_table,
        customer_key || '|' || cast(month_start as {{ dbt.type_string() }}) as row_key,
        month_start as period_date,
        'all' as channel_code,
        'own' as brand_code,
        'all' as product_key,
        touch_mix_code,
        is_converted,
        cast(case when is_converted then 1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('wom_windows') }}

),

period_kinds as (

    -- the unit is a customer's month, so shorter periods do not exist; a quarter pools its months
    select 'month' as period_kind
    union all
    select 'quarter' as period_kind

),

mix_counts as (

    select
        period_kinds.period_kind,
        cast(date_trunc(period_kinds.period_kind, subjects.period_date) as date) as period_date,
        count(*) filter (where subjects.touch_mix_code = 'wom_only') as wom_window_count,
        count(*) filter (where subjects.touch_mix_code = 'wom_only' and subjects.is_converted) as wom_conversion_count,
        count(*) filter (where subjects.touch_mix_code = 'paid_only') as paid_window_count,
        count(*) filter (where subjects.touch_mix_code = 'paid_only' and subjects.is_converted)
            as paid_conversion_count,
        count(*) filter (where subjects.touch_mix_code = 'mixed') as mixed_window_count,
        count(*) filter (where subjects.touch_mix_code = 'mixed' and subjects.is_converted) as mixed_conversion_count

    from subjects

    cross join period_kinds

    group by all

),

rates as (

    select
        *,
        wom_conversion_count / nullif(wom_window_count, 0) as wom_rate,
        paid_conversion_count / nullif(paid_window_count, 0) as paid_rate,
        -- the smaller side is the sample size
        least(wom_conversion_count, paid_conversion_count) as sample_count

    from mix_counts

),

multiples as (

    select
        *,
        case
            when sample_count >= {{ var('wom_multiple_minimum_conversions') }} then wom_rate / paid_rate
        end as multiple,
        case
            when sample_count >= {{ var('wom_multiple_minimum_conversions') }}
                then
                    {{ log_ratio_end(
                        'wom_conversion_count', 'wom_window_count', 'paid_conversion_count', 'paid_window_count', '-'
                    ) }}
        end as multiple_low,
        case
            when sample_count >= {{ var('wom_multiple_minimum_conversions') }}
                then
                    {{ log_ratio_end(
                        'wom_conversion_count', 'wom_window_count', 'paid_conversion_count', 'paid_window_count', '+'
                    ) }}
        end as multiple_high

    from rates

),

final as (

    select
        period_kind,
        period_date,
        -- a customer's month cannot be cut: its mix of touches is that of the whole month
        false as is_cut,
        'all' as channel_code,
        'own' as brand_code,
        'all' as product_key,
        cast(wom_rate as double) as numerator,
        cast(paid_rate as double) as denominator,
        sample_count,
        cast(round(multiple_low, 6) as double) as value_low,
        cast(round(multiple_high, 6) as double) as value_high,
        wom_conversion_count,
        wom_window_count,
        paid_conversion_count,
        paid_window_count,
        mixed_conversion_count,
        mixed_window_count,
        cast(multiple as double) as multiple,
        multiple between {{ var('wom_band_low') }} and {{ var('wom_band_high') }} as is_in_3_to_5_band

    from multiples

)

select * from final
