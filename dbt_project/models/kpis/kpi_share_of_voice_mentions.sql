-- KPI: public mentions of a brand over those of all watched brands, for each kind of period.
with

subjects as (

    select
        'reviews.fct_voices' as row_table,
        voice_key as row_key,
        cast(posted_at as date) as period_date,
        channel_code,
        -- every mention of any brand counts in our share: above the line when it is ours, below it in any case
        'own' as brand_code,
        'all' as product_key,
        brand_code as mentioned_brand_code,
        is_own_brand,
        cast(case when is_own_brand then 1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_voices') }}
    where
        -- reviews and cases are about us by nature; only mentions are searched for every brand alike
        voice_kind = 'mention'
        and is_public
        and is_original
        and brand_code is not null
        and posted_at is not null

),

windows as (

    select * from {{ ref('kpi_windows') }}

),

placed as (

    select
        windows.period_kind,
        windows.period_start as period_date,
        windows.is_cut,
        subjects.channel_code,
        subjects.mentioned_brand_code as brand_code,
        subjects.is_own_brand

    from subjects

    inner join windows
        on subjects.period_date between windows.from_on and windows.until_on

),

market as (

    -- spans the brands: this is why shares can be summed over neither brands nor days
    select
        period_kind,
        period_date,
        is_cut,
        case when grouping(channel_code) = 1 then 'all' else channel_code end as channel_code,
        count(*) as mention_count

    from placed
    group by grouping sets ((period_kind, period_date, is_cut), (period_kind, period_date, is_cut, channel_code))

),

scopes as (

    select
        period_kind,
        period_date,
        is_cut,
        channel_code,
        brand_code
    from placed
    where brand_code <> 'own'

    union all

    -- all our brands together
    select
        period_kind,
        period_date,
        is_cut,
        channel_code,
        'own' as brand_code
    from placed
    where is_own_brand

),

spoken as (

    select
        period_kind,
        period_date,
        is_cut,
        brand_code,
        case when grouping(channel_code) = 1 then 'all' else channel_code end as channel_code,
        count(*) as mention_count

    from scopes
    group by
        grouping sets (
            (period_kind, period_date, is_cut, brand_code),
            (period_kind, period_date, is_cut, brand_code, channel_code)
        )

),

brands as (

    select distinct brand_code from scopes

),

shares as (

    select
        market.period_kind,
        market.period_date,
        market.is_cut,
        market.channel_code,
        brands.brand_code,
        'all' as product_key,
        -- a brand that nobody mentioned has a share of 0, not none
        cast(coalesce(spoken.mention_count, 0) as double) as numerator,
        cast(market.mention_count as double) as denominator,
        market.mention_count as sample_count

    from market

    cross join brands

    left join spoken
        on
            market.period_kind = spoken.period_kind
            and market.period_date = spoken.period_date
            and market.is_cut = spoken.is_cut
            and market.channel_code = spoken.channel_code
            and brands.brand_code = spoken.brand_code

)

select * from shares
