-- KPI: our share of voice less our share of the market, among the brands both listed and searched for, by month.
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
        'own' as brand_code,
        'all' as product_key,
        market.brand_code as named_brand_code,
        market.is_own_brand,
        market.mention_count,
        cast(market.sales_cny as double) as sales_cny,
        -- the share of voice; the gap is a difference of two ratios and no sum of rows
        cast(case when market.is_own_brand then market.mention_count else 0 end as double) as numerator,
        cast(market.mention_count as double) as denominator

    from market

    inner join sources
        on
            market.channel_code = sources.channel_code
            and market.source_name = sources.source_name

    where
        -- includes mentions without a known category
        market.category_code = 'all'
        and market.is_watched
        and market.market_mention_count > 0

),

windows as (

    select * from {{ ref('kpi_windows') }}
    where
        period_kind in ('month', 'quarter')
        -- reports are of whole months
        and not is_cut

),

scopes as (

    select
        *,
        named_brand_code as brand_scope
    from subjects
    where named_brand_code <> 'own'

    union all

    -- `own`: all our brands together
    select
        *,
        'own' as brand_scope
    from subjects
    where is_own_brand

),

markets as (

    select
        windows.period_kind,
        windows.period_start as period_date,
        sum(subjects.mention_count) as mention_count,
        sum(subjects.sales_cny) as sales_cny

    from subjects

    inner join windows
        on subjects.period_date between windows.from_on and windows.until_on

    group by windows.period_kind, windows.period_start

),

mentions_and_sales as (

    select
        windows.period_kind,
        windows.period_start as period_date,
        scopes.brand_scope as brand_code,
        sum(scopes.mention_count) as mention_count,
        sum(scopes.sales_cny) as sales_cny

    from scopes

    inner join windows
        on scopes.period_date between windows.from_on and windows.until_on

    group by windows.period_kind, windows.period_start, scopes.brand_scope

),

final as (

    select
        mentions_and_sales.period_kind,
        mentions_and_sales.period_date,
        false as is_cut,
        'all' as channel_code,
        mentions_and_sales.brand_code,
        'all' as product_key,
        cast(round(
            cast(mentions_and_sales.mention_count as double) / nullif(markets.mention_count, 0)
            - mentions_and_sales.sales_cny / nullif(markets.sales_cny, 0), 8
        ) as double) as numerator,
        cast(1 as double) as denominator,
        cast(markets.mention_count as bigint) as sample_count,
        -- sales are taken as exact, so the width is that of the share of voice
        {%- for side, end in [('-', 'low'), ('+', 'high')] %}
        cast(round(
            {{ wilson_end('mentions_and_sales.mention_count', 'markets.mention_count', side) }}
            - mentions_and_sales.sales_cny / nullif(markets.sales_cny, 0), 6
        ) as double) as value_{{ end }},
        {%- endfor %}
        cast(mentions_and_sales.mention_count as bigint) as mention_count,
        cast(markets.mention_count as bigint) as market_mention_count,
        cast(mentions_and_sales.sales_cny as decimal(18, 2)) as sales_cny,
        cast(markets.sales_cny as decimal(18, 2)) as market_cny

    from mentions_and_sales

    inner join markets
        on
            mentions_and_sales.period_kind = markets.period_kind
            and mentions_and_sales.period_date = markets.period_date

)

select * from final
