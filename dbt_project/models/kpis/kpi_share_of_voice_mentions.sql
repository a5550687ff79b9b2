-- KPI: public mentions of a brand over those of all watched brands, for each kind of period.
with

mentions as (

    select
        cast(posted_at as date) as posted_on,
        channel_code,
        brand_code,
        is_own_brand

    from {{ ref('fct_voices') }}
    where
        -- reviews and cases are about us by nature; only mentions are searched for every brand alike
        voice_kind = 'mention'
        and is_public
        and is_original
        and brand_code is not null
        and posted_at is not null

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

placed as (

    select
        period_kinds.period_kind,
        cast(date_trunc(period_kinds.period_kind, mentions.posted_on) as date) as period_date,
        mentions.channel_code,
        mentions.brand_code,
        mentions.is_own_brand

    from mentions

    cross join period_kinds

),

market as (

    -- spans the brands: this is why shares can be summed over neither brands nor days
    select
        period_kind,
        period_date,
        case when grouping(channel_code) = 1 then 'all' else channel_code end as channel_code,
        count(*) as mention_count

    from placed
    group by grouping sets ((period_kind, period_date), (period_kind, period_date, channel_code))

),

scopes as (

    select
        period_kind,
        period_date,
        channel_code,
        brand_code
    from placed
    where brand_code <> 'own'

    union all

    -- all our brands together
    select
        period_kind,
        period_date,
        channel_code,
        'own' as brand_code
    from placed
    where is_own_brand

),

spoken as (

    select
        period_kind,
        period_date,
        brand_code,
        case when grouping(channel_code) = 1 then 'all' else channel_code end as channel_code,
        count(*) as mention_count

    from scopes
    group by
        grouping sets ((period_kind, period_date, brand_code), (period_kind, period_date, brand_code, channel_code))

),

brands as (

    select distinct brand_code from scopes

),

shares as (

    select
        market.period_kind,
        market.period_date,
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
            and market.channel_code = spoken.channel_code
            and brands.brand_code = spoken.brand_code

)

select * from shares
