-- Grain: one row per KPI, window, channel, brand, product and segment, not yet divided; `all` is a total.
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

windows as (

    -- a KPI with a maturity delay is cut short on both sides of a comparison alike
    select
        catalogue.kpi_code,
        catalogue.additivity,
        catalogue.unit,
        windows.period_kind,
        windows.period_start,
        windows.is_cut,
        windows.is_running,
        {{ kpi_window_end('catalogue.maturity_days', 'windows.') }} as until_on

    from {{ ref('kpi_windows') }} as windows

    inner join catalogue
        on ',' || catalogue.period_kinds || ',' like '%,' || windows.period_kind || ',%'

    -- rows of whole months cannot be cut
    where not (windows.is_cut and coalesce(catalogue.is_monthly, false))

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

---------- KPIs that are summed: into windows first, which leaves few rows to roll up

rows_by_period as (

    select
        kpi_rows.*,
        period_kinds.period_kind as placed_kind,
        cast(date_trunc(period_kinds.period_kind, kpi_rows.period_date) as date) as period_start

    from kpi_rows

    cross join period_kinds

),

by_window as (

    select
        rows_by_period.kpi_code,
        windows.period_kind,
        windows.period_start,
        windows.is_cut,
        rows_by_period.channel_code,
        rows_by_period.brand_code,
        rows_by_period.product_key,
        rows_by_period.segment_kind,
        rows_by_period.segment_code,
        sum(rows_by_period.numerator) as numerator,
        sum(rows_by_period.denominator) as denominator,
        sum(rows_by_period.sum_of_squares) as sum_of_squares,
        sum(rows_by_period.sample_count) as sample_count

    from rows_by_period

    inner join windows
        on
            rows_by_period.kpi_code = windows.kpi_code
            and rows_by_period.placed_kind = windows.period_kind
            and rows_by_period.period_start = windows.period_start
            and rows_by_period.period_date <= windows.until_on

    where windows.additivity = 'sum'
    group by all

),

brand_scopes as (

    select
        by_window.*,
        'all' as brand_scope
    from by_window

    union all

    -- all our brands together, under one name that does not change with the brands
    select
        by_window.*,
        'own' as brand_scope
    from by_window

    left join brands
        on by_window.brand_code = brands.brand_code

    where by_window.brand_code = 'own' or brands.is_own_brand

    union all

    select
        by_window.*,
        brand_code as brand_scope
    from by_window
    where brand_code <> 'own'

),

rolled_up as (

    -- the finest cross of channel and product stays in kpi_<name>: here it would be nine tenths of the rows
    select
        kpi_code,
        period_kind,
        period_start,
        is_cut,
        case when grouping(channel_code) = 1 then 'all' else channel_code end as channel_code,
        brand_scope as brand_code,
        case when grouping(product_key) = 1 then 'all' else product_key end as product_key,
        case when grouping(segment_kind) = 1 then 'all' else segment_kind end as segment_kind,
        case when grouping(segment_code) = 1 then 'all' else segment_code end as segment_code,
        -- money is a double here: rounded, so that the order of the rows does not show
        round(sum(numerator), 6) as numerator,
        round(sum(denominator), 6) as denominator,
        round(sum(sum_of_squares), 6) as sum_of_squares,
        cast(null as double) as value_low,
        cast(null as double) as value_high,
        cast(sum(sample_count) as bigint) as sample_count

    from brand_scopes
    group by
        grouping sets (
            (kpi_code, period_kind, period_start, is_cut, brand_scope),
            (kpi_code, period_kind, period_start, is_cut, brand_scope, channel_code),
            (kpi_code, period_kind, period_start, is_cut, brand_scope, product_key),
            (kpi_code, period_kind, period_start, is_cut, brand_scope, segment_kind, segment_code)
        )
    having
        -- a KPI without channels, products or segments has its total already
        not (grouping(channel_code) = 0 and channel_code = 'all')
        and not (grouping(product_key) = 0 and (product_key = 'all' or brand_scope = 'all'))
        and not (grouping(segment_kind) = 0 and (segment_kind = 'all' or brand_scope = 'all'))

),

---------- KPIs that are not: their own SQL has computed every window and dimension

rows_of_scopes as (

    select
        kpi_rows.kpi_code,
        kpi_rows.period_kind,
        kpi_rows.period_date as period_start,
        kpi_rows.is_cut,
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

    where catalogue.additivity = 'none'

),

every_row as (

    select * from rolled_up
    union all
    select * from rows_of_scopes

),

---------- first day with data: a period that begins before it is not complete

own_first_days as (

    -- of the finest kind of period, since the first day of a quarter does not show when the data begin
    select
        kpi_code,
        coalesce(
            min(period_date) filter (where period_kind = 'day'),
            min(period_date) filter (where period_kind = 'week'),
            min(period_date) filter (where period_kind = 'month'),
            min(period_date)
        ) as first_on

    from kpi_rows
    where not is_cut
    group by kpi_code

),

first_days as (

    -- a KPI with rare rows begins with the KPI that its entry names in begins_with, so that an empty period is no gap
    select
        own_first_days.kpi_code,
        least(own_first_days.first_on, beginnings.first_on) as first_on

    from own_first_days

    inner join catalogue
        on own_first_days.kpi_code = catalogue.kpi_code

    left join own_first_days as beginnings
        on catalogue.begins_with = beginnings.kpi_code

),

---------- a count without rows is 0

empty_counts as (

    select
        windows.kpi_code,
        windows.period_kind,
        windows.period_start,
        windows.is_cut,
        'all' as channel_code,
        'own' as brand_code,
        'all' as product_key,
        'all' as segment_kind,
        'all' as segment_code,
        cast(0 as double) as numerator,
        cast(null as double) as denominator,
        cast(null as double) as sum_of_squares,
        cast(null as double) as value_low,
        cast(null as double) as value_high,
        cast(0 as bigint) as sample_count

    from windows

    inner join first_days
        on
            windows.kpi_code = first_days.kpi_code
            and windows.until_on >= first_days.first_on

    left join every_row
        on
            windows.kpi_code = every_row.kpi_code
            and windows.period_kind = every_row.period_kind
            and windows.period_start = every_row.period_start
            and windows.is_cut = every_row.is_cut
            and every_row.channel_code = 'all'
            and every_row.brand_code = 'own'
            and every_row.product_key = 'all'
            and every_row.segment_kind = 'all'

    where
        windows.unit = 'count'
        and windows.until_on >= windows.period_start
        and every_row.kpi_code is null

),

rows_with_empty_counts as (

    select * from every_row
    union all
    select * from empty_counts

),

final as (

    select
        rows_with_empty_counts.*,
        windows.until_on,
        windows.is_running,
        first_days.first_on

    from rows_with_empty_counts

    inner join windows
        on
            rows_with_empty_counts.kpi_code = windows.kpi_code
            and rows_with_empty_counts.period_kind = windows.period_kind
            and rows_with_empty_counts.period_start = windows.period_start
            and rows_with_empty_counts.is_cut = windows.is_cut

    inner join first_days
        on rows_with_empty_counts.kpi_code = first_days.kpi_code

)

select * from final
