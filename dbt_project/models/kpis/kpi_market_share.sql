-- KPI: our sales over those of all brands that the market's source lists, by month and category.
with

market as (

    select * from {{ ref('mart_market_share') }}

),

{{ market_source() }},

subjects as (

    select
        'segments.mart_market_share' as row_table,
        market.channel_code || '|' || market.source_name || '|' || market.category_code || '|'
        || cast(market.month_start as {{ dbt.type_string() }}) || '|' || market.brand_code as row_key,
        market.month_start as period_date,
        'all' as channel_code,
        -- sales of every brand are in the denominator, ours in the numerator too
        'own' as brand_code,
        'all' as product_key,
        'category' as segment_kind,
        market.category_code as segment_code,
        market.brand_code as sold_brand_code,
        market.is_own_brand,
        cast(case when market.is_own_brand then market.sales_cny else 0 end as double) as numerator,
        cast(market.sales_cny as double) as denominator

    from market

    inner join sources
        on
            market.channel_code = sources.channel_code
            and market.source_name = sources.source_name

    -- the sum of the others
    where market.category_code <> 'all'

),

windows as (

    select * from {{ ref('kpi_windows') }}
    where
        period_kind in ('month', 'quarter')
        -- reports are of whole months
        and not is_cut

),

sales_by_window as (

    select
        windows.period_kind,
        windows.period_start as period_date,
        subjects.sold_brand_code,
        subjects.is_own_brand,
        coalesce(subjects.segment_code, 'all') as category_code,
        subjects.denominator as sales_cny

    from subjects

    inner join windows
        on subjects.period_date between windows.from_on and windows.until_on

),

markets as (

    select
        period_kind,
        period_date,
        coalesce(category_code, 'all') as category_code,
        sum(sales_cny) as market_cny,
        -- figures of the source, one per brand, category and month
        cast(count(*) as bigint) as figure_count

    from sales_by_window
    group by grouping sets ((period_kind, period_date), (period_kind, period_date, category_code))

),

brand_sales as (

    select
        period_kind,
        period_date,
        coalesce(category_code, 'all') as category_code,
        sold_brand_code as brand_code,
        sum(sales_cny) as sales_cny

    from sales_by_window
    where sold_brand_code <> 'own'
    group by
        grouping sets (
            (period_kind, period_date, sold_brand_code), (period_kind, period_date, sold_brand_code, category_code)
        )

    union all

    -- `own`: all our brands together
    select
        period_kind,
        period_date,
        coalesce(category_code, 'all') as category_code,
        'own' as brand_code,
        sum(sales_cny) as sales_cny

    from sales_by_window
    where is_own_brand
    group by grouping sets ((period_kind, period_date), (period_kind, period_date, category_code))

),

final as (

    select
        markets.period_kind,
        markets.period_date,
        false as is_cut,
        'all' as channel_code,
        brand_sales.brand_code,
        'all' as product_key,
        case when markets.category_code = 'all' then 'all' else 'category' end as segment_kind,
        markets.category_code as segment_code,
        round(cast(brand_sales.sales_cny as double), 2) as numerator,
        round(cast(markets.market_cny as double), 2) as denominator,
        markets.figure_count as sample_count

    from markets

    inner join brand_sales
        on
            markets.period_kind = brand_sales.period_kind
            and markets.period_date = brand_sales.period_date
            and markets.category_code = brand_sales.category_code

)

select * from final
