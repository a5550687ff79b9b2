-- Grain: one row per customer activated as a KOC, and per candidate beside whom they are looked at.
with

compared_customers as (

    select * from {{ ref('int_koc_peers') }}

),

voices as (

    select
        voices.voice_key,
        voices.customer_key,
        voices.helpful_count,
        cast(voices.posted_at as date) as posted_on,
        {{ is_own_voice('voices') }} as is_own

    from {{ ref('fct_voices') }} as voices

    inner join compared_customers
        on voices.customer_key = compared_customers.customer_key

    where
        voices.is_own_brand
        and voices.is_public
        and voices.is_original
        and voices.deleted_at is null

),

counters as (

    select
        voice_key,
        max(engagement_count) as engagement_count

    from {{ ref('mart_content_performance') }}
    where voice_key is not null
    group by voice_key

),

posts as (

    select
        voices.customer_key,
        voices.posted_on,
        voices.is_own,
        coalesce(counters.engagement_count, voices.helpful_count, 0) as engagement_count

    from voices

    left join counters
        on voices.voice_key = counters.voice_key

    union all

    -- commissioned work that no platform exports
    select
        creators.customer_key,
        cast(pieces.published_at as date) as posted_on,
        false as is_own,
        coalesce(pieces.engagement_count, 0) as engagement_count

    from {{ ref('mart_content_performance') }} as pieces

    inner join {{ ref('int_creator_ties') }} as creators
        on pieces.creator_ref = creators.creator_ref

    where pieces.voice_key is null

),

posts_by_side as (

    select
        compared_customers.customer_key,
        posts.is_own,
        posts.engagement_count,
        case
            when posts.posted_on < compared_customers.activated_on then 'before'
            when posts.posted_on > compared_customers.activated_on then 'after'
        end as side_code

    from compared_customers

    inner join posts
        on compared_customers.customer_key = posts.customer_key

    where
        posts.posted_on between compared_customers.activated_on - compared_customers.followed_days
        and compared_customers.activated_on + compared_customers.followed_days

),

orders_by_side as (

    select
        compared_customers.customer_key,
        orders.net_cny - orders.refunded_cny as net_cny,
        case
            when cast(orders.ordered_at as date) < compared_customers.activated_on then 'before'
            when cast(orders.ordered_at as date) > compared_customers.activated_on then 'after'
        end as side_code

    from compared_customers

    inner join {{ ref('fct_orders') }} as orders
        on compared_customers.customer_key = orders.customer_key

    where
        orders.is_valid
        and cast(orders.ordered_at as date) between compared_customers.activated_on - compared_customers.followed_days
        and compared_customers.activated_on + compared_customers.followed_days

),

post_measures as (

    select
        customer_key,
        count(*) filter (where side_code = 'before' and is_own) as own_voices_before,
        count(*) filter (where side_code = 'after' and is_own) as own_voices_after,
        count(*) filter (where side_code = 'before') as posts_before,
        count(*) filter (where side_code = 'after') as posts_after,
        sum(engagement_count) filter (where side_code = 'before') as engagement_before,
        sum(engagement_count) filter (where side_code = 'after') as engagement_after

    from posts_by_side
    group by customer_key

),

order_measures as (

    select
        customer_key,
        count(*) filter (where side_code = 'before') as orders_before,
        count(*) filter (where side_code = 'after') as orders_after,
        sum(net_cny) filter (where side_code = 'before') as net_cny_before,
        sum(net_cny) filter (where side_code = 'after') as net_cny_after

    from orders_by_side
    group by customer_key

),

final as (

    select
        compared_customers.*,
        coalesce(post_measures.own_voices_before, 0) as own_voices_before,
        coalesce(post_measures.own_voices_after, 0) as own_voices_after,
        coalesce(post_measures.posts_before, 0) as posts_before,
        coalesce(post_measures.posts_after, 0) as posts_after,
        cast(coalesce(post_measures.engagement_before, 0) as bigint) as engagement_before,
        cast(coalesce(post_measures.engagement_after, 0) as bigint) as engagement_after,
        coalesce(order_measures.orders_before, 0) as orders_before,
        coalesce(order_measures.orders_after, 0) as orders_after,
        cast(coalesce(order_measures.net_cny_before, 0) as decimal(18, 2)) as net_cny_before,
        cast(coalesce(order_measures.net_cny_after, 0) as decimal(18, 2)) as net_cny_after

    from compared_customers

    left join post_measures
        on compared_customers.customer_key = post_measures.customer_key

    left join order_measures
        on compared_customers.customer_key = order_measures.customer_key

)

select * from final
