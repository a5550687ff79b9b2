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

-- reviews and cases are always about us; only mentions are searched for every brand alike
voices as (

    select * from {{ ref('fct_voices') }}
    where
        voice_kind = 'mention'
        and is_public
        and is_original
        and brand_code is not null

),

{{ voice_impressions() }},

-- the sum of a category or month is null where an amount is missing
brand_sales as (

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

brand_mentions as (

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
    -- a mention without a known category counts for the brand only
    having grouping(products.category_code) = 1 or products.category_code is not null

),

-- brands that the exports search for; for other brands a missing mention means nothing
watched_brands as (

    select distinct brand_code from voices

),

-- months without any voice were not monitored
months_with_voices as (

    select distinct cast(date_trunc('month', posted_at) as date) as month_start from voices

),

sales_with_mentions as (

    select
        brand_sales.channel_code,
        brand_sales.source_name,
        brand_sales.category_code,
        brand_sales.month_start,
        brand_sales.brand_code,
        brand_sales.category_count,
        brand_sales.sales_cny,
        coalesce(brands.is_own_brand, false) as is_own_brand,
        watched_brands.brand_code is not null as is_watched,
        case when watched_brands.brand_code is not null then brand_sales.sales_cny end as watched_sales_cny,
        case
            when watched_brands.brand_code is not null and months_with_voices.month_start is not null
                then coalesce(brand_mentions.mention_count, 0)
        end as mention_count,
        case
            when watched_brands.brand_code is not null and months_with_voices.month_start is not null
                then coalesce(brand_mentions.earned_mention_count, 0)
        end as earned_mention_count,
        case
            when watched_brands.brand_code is not null and months_with_voices.month_start is not null
                then coalesce(brand_mentions.impression_count, 0)
        end as impression_count

    from brand_sales

    left join brands
        on brand_sales.brand_code = brands.brand_code

    left join watched_brands
        on brand_sales.brand_code = watched_brands.brand_code

    left join months_with_voices
        on brand_sales.month_start = months_with_voices.month_start

    left join brand_mentions
        on
            brand_sales.category_code = brand_mentions.category_code
            and brand_sales.month_start = brand_mentions.month_start
            and brand_sales.brand_code = brand_mentions.brand_code

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

    from sales_with_mentions
    group by channel_code, source_name, category_code, month_start

),

shares as (

    select
        sales_with_mentions.*,
        markets.listed_brand_count,
        markets.watched_brand_count,
        markets.category_count as market_category_count,
        markets.market_cny,
        markets.market_mention_count,
        -- a share needs at least two brands in the source, and at least two that are searched for
        case
            when markets.listed_brand_count > 1
                then round(cast(sales_with_mentions.sales_cny as double) / nullif(markets.market_cny, 0), 8)
        end as som,
        case
            when markets.watched_brand_count > 1
                then
                    round(
                        cast(sales_with_mentions.watched_sales_cny as double) / nullif(markets.watched_market_cny, 0), 8
                    )
        end as som_watched,
        case
            when markets.watched_brand_count > 1
                then round(sales_with_mentions.mention_count / nullif(markets.market_mention_count, 0), 8)
        end as sov_mentions,
        case
            when markets.watched_brand_count > 1 and markets.market_mention_count > 0 and sales_with_mentions.is_watched
                then greatest(
                    round(
                        {{ wilson_end('sales_with_mentions.mention_count', 'markets.market_mention_count', '-') }}, 8
                    ),
                    0.0
                )
        end as sov_mentions_low,
        case
            when markets.watched_brand_count > 1 and markets.market_mention_count > 0 and sales_with_mentions.is_watched
                then least(
                    round(
                        {{ wilson_end('sales_with_mentions.mention_count', 'markets.market_mention_count', '+') }}, 8
                    ),
                    1.0
                )
        end as sov_mentions_high,
        case
            when markets.watched_brand_count > 1
                then round(sales_with_mentions.earned_mention_count / nullif(markets.market_earned_mention_count, 0), 8)
        end as sov_earned_mentions,
        case
            when markets.watched_brand_count > 1
                then round(sales_with_mentions.impression_count / nullif(markets.market_impression_count, 0), 8)
        end as sov_impressions

    from sales_with_mentions

    inner join markets
        on
            sales_with_mentions.channel_code = markets.channel_code
            and sales_with_mentions.source_name = markets.source_name
            and sales_with_mentions.category_code = markets.category_code
            and sales_with_mentions.month_start = markets.month_start

),

-- the next month, if the source covers the same categories and lists the brand
shares_with_next as (

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
        count(som) over sources as source_count,
        min(som) over sources as som_lowest,
        max(som) over sources as som_highest

    from shares_with_next
    window sources as (partition by category_code, month_start, brand_code)

)

select * from final
