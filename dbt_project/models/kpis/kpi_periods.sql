-- Grain: one row per KPI, period, channel, brand, product and segment, not yet divided; `all` is a total.
{{ config(materialized='view') }}

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

period_kinds as (

    select 'day' as period_kind
    union all
    select 'week' as period_kind
    union all
    select 'month' as period_kind
    union all
    select 'quarter' as period_kind

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
        kpi_rows.segment_kind,
        kpi_rows.segment_code,
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
        case when grouping(segment_kind) = 1 then 'all' else segment_kind end as segment_kind,
        case when grouping(segment_code) = 1 then 'all' else segment_code end as segment_code,
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
            (kpi_code, period_kind, period_start, brand_scope, product_key),
            (kpi_code, period_kind, period_start, brand_scope, segment_kind, segment_code)
        )
    having
        -- a KPI without channels, products or segments has its total already
        not (grouping(channel_code) = 0 and channel_code = 'all')
        and not (grouping(product_key) = 0 and (product_key = 'all' or brand_scope = 'all'))
        and not (grouping(segment_kind) = 0 and (segment_kind = 'all' or brand_scope = 'all'))

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
        kpi_rows.segment_kind,
        kpi_rows.segment_code,
        kpi_rows.numerator,
        kpi_rows.denominator,
        kpi_rows.sum_of_squares,
        kpi_rows.value_low,
        kpi_rows.value_high,
        kpi_rows.sample_count

    from kpi_rows

    inner join catalogue
        on kpi_rows.kpi_code = catalogue.kpi_code

    where
        catalogue.additivity = 'none'
        and not kpi_rows.is_cut

),

measured as (

    select * from rolled_up
    union all
    select * from computed

),

---------- since when there are data, for a period that they do not cover is not complete

first_days as (

    -- of the finest kind of period: the first day of a quarter says nothing of when its data begin
    select
        kpi_code,
        coalesce(
            min(period_date) filter (where period_kind = 'day'),
            min(period_date) filter (where period_kind = 'month')
        ) as first_on

    from kpi_rows
    where not is_cut
    group by kpi_code

),

dated as (

    select
        measured.*,
        first_days.first_on

    from measured

    inner join first_days
        on measured.kpi_code = first_days.kpi_code

)

select * from dated
