-- Grain: one row per source, category, month and brand that the source lists; category `all` is all of its categories.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

sales as (

    select
        sales.channel_code,
        coalesce(sales.source_name, 'unnamed') as source_name,
        sales.category_code,
        cast(date_trunc('month', sales.month_start) as date) as month_start,
        sales.brand_code,
        sales.sales_cny

    from {{ ref('stg_market_sales') }} as sales

    inner join as_of
        on sales.month_start <= as_of.as_of

),

brands as (

    select * from {{ ref('int_brands') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

-- reviews and cases are about us by nature; only mentions are searched for every brand alike
voices as (

    select * from {{ ref('fct_voices') }}
    where
        voice_kind = 'mention'
        and is_public
        and is_original
        and brand_code is not null

),

impressions as (

    -- running totals: the largest is the last
    select
        subject_key,
        max(impression_count) as impression_count

    from {{ ref('fct_engagement') }}
    where subject_kind = 'voice'
    group by subject_key

),

-- a category or month of which an amount is missing has no sum
sold as (

    select
        channel_code,
        source_name,
        case when grouping(category_code) = 1 then 'all' else category_code end as category_code,
        month_start,
        brand_code,
        count(distinct category_code) as category_count,
        case when count(sales_cny) = count(*) then cast(sum(sales_cny) as decimal(18, 2)) end as sales_cny

    from sales
    group by
        grouping sets (
            (channel_code, source_name, month_start, brand_code),
            (channel_code, source_name, month_start, brand_code, category_code)
        )

),

spoken as (

    select
        case when grouping(products.category_code) = 1 then 'all' else products.category_code end as category_code,
        cast(date_trunc('month', voices.posted_at) as date) as month_start,
        voices.brand_code,
        count(*) as mention_count,
        count(*) filter (where voices.is_earned) as earned_mention_count,
        cast(sum(impressions.impression_count) as bigint) as impression_count

    from voices

    left join products
        on voices.product_key = products.product_key

    left join impressions
        on voices.voice_key = impressions.subject_key

    group by
        grouping sets (
            (cast(date_trunc('month', voices.posted_at) as date), voices.brand_code),
            (cast(date_trunc('month', voices.posted_at) as date), voices.brand_code, products.category_code)
        )
    -- a mention of no known category is one of the brand
    having grouping(products.category_code) = 1 or products.category_code is not null

),

-- brands that the exports search for; the silence of another says nothing
watched as (

    select distinct brand_code from voices

),

-- before the first voice of all, and in a month without any, nobody listened
heard as (

    select distinct cast(date_trunc('month', posted_at) as date) as month_start from voices

),

matched as (

    select
        sold.channel_code,
        sold.source_name,
        sold.category_code,
        sold.month_start,
        sold.brand_code,
        sold.category_count,
        sold.sales_cny,
        coalesce(brands.is_own_brand, false) as is_own_brand,
        watched.brand_code is not null as is_watched,
        case when watched.brand_code is not null then sold.sales_cny end as watched_sales_cny,
        case
            when watched.brand_code is not null and heard.month_start is not null
                then coalesce(spoken.mention_count, 0)
        end as mention_count,
        case
            when watched.brand_code is not null and heard.month_start is not null
                then coalesce(spoken.earned_mention_count, 0)
        end as earned_mention_count,
        case
            when watched.brand_code is not null and heard.month_start is not null
                then coalesce(spoken.impression_count, 0)
        end as impression_count

    from sold

    left join brands
        on sold.brand_code = brands.brand_code

    left join watched
        on sold.brand_code = watched.brand_code

    left join heard
        on sold.month_start = heard.month_start

    left join spoken
        on
            sold.category_code = spoken.category_code
            and sold.month_start = spoken.month_start
            and sold.brand_code = spoken.brand_code

),

markets as (

    select
        channel_code,
        source_name,
        category_code,
        month_start,
        count(*) as listed_brand_count,
        count(*) filter (where is_watched) as watched_brand_count,
        max(category_count) as category_count,
        case when count(sales_cny) = count(*) then cast(sum(sales_cny) as decimal(18, 2)) end as market_cny,
        case when count(sales_cny) = count(*) then sum(watched_sales_cny) end as watched_market_cny,
        cast(sum(mention_count) as bigint) as market_mention_count,
        cast(sum(earned_mention_count) as bigint) as market_earned_mention_count,
        cast(sum(impression_count) as bigint) as market_impression_count

    from matched
    group by channel_code, source_name, category_code, month_start

),

shares as (

    select
        matched.*,
        markets.listed_brand_count,
        markets.watched_brand_count,
        markets.category_count as market_category_count,
        markets.market_cny,
        markets.market_mention_count,
        -- a source that lists one brand alone knows no market, and one brand that is searched for has no rival's voice
        case
            when markets.listed_brand_count > 1
                then round(cast(matched.sales_cny as double) / nullif(markets.market_cny, 0), 8)
        end as som,
        case
            when markets.watched_brand_count > 1
                then round(cast(matched.watched_sales_cny as double) / nullif(markets.watched_market_cny, 0), 8)
        end as som_watched,
        case
            when markets.watched_brand_count > 1
                then round(matched.mention_count / nullif(markets.market_mention_count, 0), 8)
        end as sov_mentions,
        case
            when markets.watched_brand_count > 1 and markets.market_mention_count > 0 and matched.is_watched
                then greatest(
                    round({{ wilson_end('matched.mention_count', 'markets.market_mention_count', '-') }}, 8), 0.0
                )
        end as sov_mentions_low,
        case
            when markets.watched_brand_count > 1 and markets.market_mention_count > 0 and matched.is_watched
                then least(
                    round({{ wilson_end('matched.mention_count', 'markets.market_mention_count', '+') }}, 8), 1.0
                )
        end as sov_mentions_high,
        case
            when markets.watched_brand_count > 1
                then round(matched.earned_mention_count / nullif(markets.market_earned_mention_count, 0), 8)
        end as sov_earned_mentions,
        case
            when markets.watched_brand_count > 1
                then round(matched.impression_count / nullif(markets.market_impression_count, 0), 8)
        end as sov_impressions

    from matched

    inner join markets
        on
            matched.channel_code = markets.channel_code
            and matched.source_name = markets.source_name
            and matched.category_code = markets.category_code
            and matched.month_start = markets.month_start

),

-- the month after, if the source tells it of the same categories and lists the brand there
followed as (

    select
        shares.*,
        following.som - shares.som as som_next_change

    from shares

    left join shares as following
        on
            shares.channel_code = following.channel_code
            and shares.source_name = following.source_name
            and shares.category_code = following.category_code
            and shares.brand_code = following.brand_code
            and shares.market_category_count = following.market_category_count
            and cast(shares.month_start + interval '1 month' as date) = following.month_start

),

final as (

    select
        channel_code,
        source_name,
        category_code,
        month_start,
        brand_code,
        is_own_brand,
        is_watched,
        listed_brand_count,
        watched_brand_count,
        sales_cny,
        market_cny,
        som,
        round(som_next_change, 8) as som_next_change,
        mention_count,
        market_mention_count,
        earned_mention_count,
        cast(impression_count as bigint) as impression_count,
        sov_mentions,
        sov_mentions_low,
        sov_mentions_high,
        sov_earned_mentions,
        sov_impressions,
        round(sov_mentions - som_watched, 8) as esov_mentions,
        round(sov_earned_mentions - som_watched, 8) as esov_earned_mentions,
        round(sov_impressions - som_watched, 8) as esov_impressions,
        count(som) over told as source_count,
        min(som) over told as som_lowest,
        max(som) over told as som_highest

    from followed
    window told as (partition by category_code, month_start, brand_code)

)

select * from final
