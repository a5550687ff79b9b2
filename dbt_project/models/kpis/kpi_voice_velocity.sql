-- KPI: public voices a day, over the mean of the days before the period: how fast voices come against what is usual.
{%- set scope = 'day_counts.period_kind, day_counts.period_start, day_counts.is_cut, day_counts.brand_scope' %}

with

subjects as (

    select
        'reviews.fct_voices' as row_table,
        voice_key as row_key,
        cast(posted_at as date) as period_date,
        channel_code,
        coalesce(brand_code, 'unknown') as brand_code,
        coalesce(product_key, 'unknown') as product_key,
        is_own_brand,
        cast(1 as double) as numerator,
        -- the usual level comes from other days
        cast(0 as double) as denominator

    from {{ ref('fct_voices') }}
    where
        -- the same voices as in kpi_voice_volume
        is_public
        and is_original
        and posted_at is not null

),

first_day as (

    select min(period_date) as first_on from subjects

),

windows as (

    select
        windows.period_kind,
        windows.period_start,
        windows.is_cut,
        windows.from_on,
        windows.until_on,
        {{ day_number('windows.until_on') }} - {{ day_number('windows.from_on') }} + 1 as day_count,
        {{ plus_days('windows.from_on', -1 * var('velocity_usual_days')) }} as usual_from_on,
        -- no value before the first voice
        least(
            {{ var('velocity_usual_days') }},
            {{ day_number('windows.from_on') }} - {{ day_number('first_day.first_on') }}
        ) as usual_day_count

    from {{ ref('kpi_windows') }} as windows

    cross join first_day

    where windows.until_on >= windows.from_on

),

-- summed by day first, which leaves few rows to join with the windows
by_day as (

    select
        period_date,
        channel_code,
        brand_code,
        product_key,
        is_own_brand,
        sum(numerator) as voice_count

    from subjects
    group by all

),

day_counts as (

    select
        windows.*,
        by_day.channel_code,
        by_day.product_key,
        by_day.brand_code as brand_scope,
        by_day.period_date >= windows.from_on as is_now,
        by_day.voice_count

    from windows

    inner join by_day
        on by_day.period_date between windows.usual_from_on and windows.until_on

    where windows.usual_day_count >= {{ var('alert_minimum_history_days') }}

    union all

    -- `own`: all our brands together
    select
        windows.*,
        by_day.channel_code,
        by_day.product_key,
        'own' as brand_scope,
        by_day.period_date >= windows.from_on as is_now,
        by_day.voice_count

    from windows

    inner join by_day
        on by_day.period_date between windows.usual_from_on and windows.until_on

    where
        windows.usual_day_count >= {{ var('alert_minimum_history_days') }}
        and by_day.is_own_brand
        and by_day.brand_code <> 'own'

),

final as (

    select
        day_counts.period_kind,
        day_counts.period_start as period_date,
        day_counts.is_cut,
        case when grouping(day_counts.channel_code) = 1 then 'all' else day_counts.channel_code end as channel_code,
        day_counts.brand_scope as brand_code,
        case when grouping(day_counts.product_key) = 1 then 'all' else day_counts.product_key end as product_key,
        cast(round(
            coalesce(sum(day_counts.voice_count) filter (where day_counts.is_now), 0) / max(day_counts.day_count), 6
        ) as double) as numerator,
        cast(round(
            coalesce(sum(day_counts.voice_count) filter (where not day_counts.is_now), 0)
            / max(day_counts.usual_day_count),
            6
        ) as double) as denominator,
        -- a window without voices after a usual level above 0 counts too
        cast(sum(day_counts.voice_count) as bigint) as sample_count,
        cast(coalesce(sum(day_counts.voice_count) filter (where day_counts.is_now), 0) as bigint) as voice_count,
        cast(coalesce(sum(day_counts.voice_count) filter (where not day_counts.is_now), 0) as bigint)
            as usual_voice_count

    from day_counts
    group by
        grouping sets (
            ({{ scope }}),
            ({{ scope }}, day_counts.channel_code),
            ({{ scope }}, day_counts.product_key)
        )

)

select * from final
