-- Grain: one row per KPI, kind of period and comparison: our brands' last whole period, and the running one to date.
with

history as (

    select * from {{ ref('kpi_history') }}
    where
        brand_code = 'own'
        and channel_code = 'all'
        and product_key = 'all'
        and segment_kind = 'all'

),

catalogue as (

    select * from {{ ref('kpi_catalogue') }}

),

running_periods as (

    select * from {{ ref('kpi_windows') }}
    where is_running

),

known_periods as (

    -- the last period of each kind that is over and known, whether or not anything happened in it
    select
        catalogue.kpi_code,
        windows.period_kind,
        max(windows.period_start) as period_start

    from catalogue

    inner join {{ ref('kpi_windows') }} as windows
        on {{ plus_days('windows.period_end', 'catalogue.maturity_days') }} <= windows.as_of

    where not windows.is_cut
    group by catalogue.kpi_code, windows.period_kind

),

as_of as (

    select * from {{ ref('stg_as_of') }}

),

latest as (

    select
        'complete' as card_code,
        *
    from history
    where is_complete
    qualify row_number() over (partition by kpi_code, period_kind order by period_start desc) = 1

    union all

    -- a period that ends with the data is over: it is both the last whole one and the one to date
    select
        'to_date' as card_code,
        history.*
    from history

    inner join running_periods
        on
            history.period_kind = running_periods.period_kind
            and history.period_start = running_periods.period_start

),

comparisons as (

    select 'complete' as comparison_code
    union all
    select 'to_date' as comparison_code

),

places as (

    select
        catalogue.*,
        running_periods.period_kind,
        running_periods.elapsed_days,
        comparisons.comparison_code as card_code

    from catalogue

    inner join running_periods
        on ',' || catalogue.period_kinds || ',' like '%,' || running_periods.period_kind || ',%'

    -- a single day has no elapsed days to compare
    inner join comparisons
        on running_periods.period_kind <> 'day' or comparisons.comparison_code = 'complete'

),

cards as (

    select
        places.kpi_code,
        places.period_kind,
        places.card_code as comparison_code,
        places.label_zh,
        places.label_en,
        places.unit,
        places.owner,
        places.higher_is_better,
        latest.period_start,
        latest.period_end,
        latest.until_on,
        coalesce(latest.is_complete, false) as is_complete,
        latest.numerator,
        latest.denominator,
        latest.value,
        latest.value_low,
        latest.value_high,
        latest.previous_period_start,
        latest.previous_until_on,
        latest.previous_numerator,
        latest.previous_denominator,
        latest.previous_value,
        latest.delta,
        coalesce(latest.delta_kind, case when places.unit in ('count', 'cny') then 'percent' else 'points' end)
            as delta_kind,
        latest.target,
        latest.target_low,
        latest.target_high,
        -- no row at all is no number to show
        coalesce(latest.status_code, case when places.status_code = 'withheld' then 'withheld' else 'hidden' end)
            as status_code,
        case
            when latest.status_reason is not null then latest.status_reason
            when places.card_code = 'complete' and latest.period_start < known_periods.period_start
                then
                    '其后至 ' || cast(known_periods.period_start as {{ dbt.type_string() }})
                    || ' 的周期无数据；nothing in the periods since, up to that of '
                    || cast(known_periods.period_start as {{ dbt.type_string() }})
            when latest.kpi_code is not null then null
            when places.status_code = 'withheld' then places.withheld_reason
            when places.card_code = 'to_date' and places.elapsed_days <= places.maturity_days
                then
                    '周期才 ' || cast(places.elapsed_days as {{ dbt.type_string() }}) || ' 天，'
                    || cast(places.maturity_days as {{ dbt.type_string() }}) || ' 天后方知；'
                    || cast(places.elapsed_days as {{ dbt.type_string() }}) || ' days so far, known after '
                    || cast(places.maturity_days as {{ dbt.type_string() }})
            when places.card_code = 'complete' then '尚无完整周期 no whole period yet'
            else '暂无数据 no data yet'
        end as status_reason,
        latest.outlook_code,
        coalesce(latest.sample_count, 0) as sample_count,
        coalesce(latest.is_small_sample, false) as is_small_sample,
        places.version as definition_version,
        as_of.as_of

    from places

    cross join as_of

    left join latest
        on
            places.kpi_code = latest.kpi_code
            and places.period_kind = latest.period_kind
            and places.card_code = latest.card_code

    left join known_periods
        on
            places.kpi_code = known_periods.kpi_code
            and places.period_kind = known_periods.period_kind

)

select * from cards
