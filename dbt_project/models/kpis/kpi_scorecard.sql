-- Grain: one row per KPI and kind of period: the last complete period of our brands together.
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

as_of as (

    select * from {{ ref('stg_as_of') }}

),

period_kinds as (

    select
        'day' as period_kind,
        1 as position
    union all
    select
        'week' as period_kind,
        2 as position
    union all
    select
        'month' as period_kind,
        3 as position
    union all
    select
        'quarter' as period_kind,
        4 as position

),

latest as (

    -- the last whole period; before there is one, the running one, which says so
    select * from history
    qualify row_number() over (
        partition by kpi_code, period_kind
        order by is_complete desc, period_start desc
    ) = 1

),

cards as (

    select
        catalogue.kpi_code,
        period_kinds.period_kind,
        catalogue.label_zh,
        catalogue.label_en,
        catalogue.unit,
        catalogue.owner,
        catalogue.higher_is_better,
        latest.period_start,
        latest.period_end,
        coalesce(latest.is_complete, false) as is_complete,
        latest.value,
        latest.value_low,
        latest.value_high,
        latest.previous_value,
        latest.delta,
        coalesce(latest.delta_kind, case when catalogue.unit = 'count' then 'percent' else 'points' end) as delta_kind,
        latest.target,
        -- no row at all is no number to show
        coalesce(latest.status_code, case when catalogue.status_code = 'withheld' then 'withheld' else 'hidden' end)
            as status_code,
        case
            when latest.kpi_code is not null then latest.status_reason
            when catalogue.status_code = 'withheld' then catalogue.withheld_reason
            else '暂无数据 no data yet'
        end as status_reason,
        coalesce(latest.sample_count, 0) as sample_count,
        as_of.as_of

    from catalogue

    inner join period_kinds
        on ',' || catalogue.period_kinds || ',' like '%,' || period_kinds.period_kind || ',%'

    cross join as_of

    left join latest
        on
            catalogue.kpi_code = latest.kpi_code
            and period_kinds.period_kind = latest.period_kind

)

select * from cards
