-- Grain: one row per month and one for all time: points given for reviews in it, and what they bought.
{%- set kind = "case when grouping(month_start) = 1 then 'all' else 'month' end" %}
with

points as (

    select
        *,
        cast(date_trunc('month', occurred_at) as date) as month_start

    from {{ ref('fct_points') }}

),

rewards as (

    select * from points
    where
        is_review_reward
        and kind_code = 'issued'
        and point_delta > 0

),

redemptions as (

    select
        rewards.month_start,
        takers.entry_key,
        takers.order_key,
        uses.point_count,
        {{ seconds_between('rewards.occurred_at', 'takers.occurred_at') }} / 86400 as days_to_redemption

    from {{ ref('int_point_uses') }} as uses

    inner join rewards
        on uses.issue_key = rewards.entry_key

    inner join points as takers
        on uses.entry_key = takers.entry_key

    where takers.kind_code = 'redeemed'

),

reward_totals as (

    select
        {{ kind }} as period_kind,
        month_start,
        count(*) as reward_count,
        sum(point_delta) as issued_points,
        sum(redeemed_points) as redeemed_points,
        sum(expired_points) as expired_points,
        sum(reversed_points) as reversed_points,
        sum(remaining_points) as remaining_points

    from rewards
    group by grouping sets ((month_start), ())
    having count(*) > 0

),

redemption_totals as (

    select
        {{ kind }} as period_kind,
        month_start,
        count(distinct entry_key) as redemption_count,
        count(distinct case when order_key is not null then entry_key end) as order_redemption_count,
        sum(case when order_key is not null then point_count end) as ordered_points,
        median(days_to_redemption) as median_days_to_redemption

    from redemptions
    group by grouping sets ((month_start), ())

),

-- an order counts once a period, however many rewards were spent on it
redemption_orders as (

    select
        {{ kind }} as period_kind,
        month_start,
        order_key

    from redemptions
    where order_key is not null
    group by grouping sets ((month_start, order_key), (order_key))

),

orders as (

    select
        redemption_orders.period_kind,
        redemption_orders.month_start,
        count(*) as order_count,
        sum(orders.net_cny - orders.refunded_cny) as order_net_cny

    from redemption_orders

    inner join {{ ref('fct_orders') }} as orders
        on redemption_orders.order_key = orders.order_key

    group by redemption_orders.period_kind, redemption_orders.month_start

),

categories as (

    select
        redemption_orders.period_kind,
        redemption_orders.month_start,
        coalesce(products.category_code, 'unknown') as category_code,
        sum(items.net_cny) as category_cny

    from redemption_orders

    inner join {{ ref('fct_orders') }} as orders
        on redemption_orders.order_key = orders.order_key

    inner join {{ ref('fct_order_items') }} as items
        on orders.order_ref = items.order_ref

    left join {{ ref('dim_products') }} as products
        on items.product_key = products.product_key

    group by redemption_orders.period_kind, redemption_orders.month_start, coalesce(products.category_code, 'unknown')
    qualify row_number() over (
        partition by redemption_orders.period_kind, redemption_orders.month_start
        order by sum(items.net_cny) desc, coalesce(products.category_code, 'unknown') asc
    ) = 1

),

reviews as (

    select
        voice_key,
        customer_key,
        posted_at,
        cast(date_trunc('month', posted_at) as date) as month_start,
        rating_share * 5 as stars,
        is_incentivised

    from {{ ref('fct_voices') }}
    where
        voice_kind = 'review'
        and is_original
        and is_own_brand
        and rating_share is not null

),

-- the feed names no review: points are assumed to reward the last one that the customer posted
rewarded_reviews as (

    select distinct voice_key

    from (
        select
            reviews.voice_key,
            row_number() over (
                partition by rewards.entry_key order by reviews.posted_at desc, reviews.voice_key asc
            ) as place

        from rewards

        inner join reviews
            on
                rewards.customer_key = reviews.customer_key
                and rewards.occurred_at >= reviews.posted_at
                and rewards.occurred_at < reviews.posted_at + {{ var('review_reward_days') }} * interval '1 day'
    ) as matched

    where place = 1

),

ratings as (

    select
        {{ kind }} as period_kind,
        month_start,
        {%- for side, which in [('rewarded', ''), ('other', 'not ')] %}
        count(*) filter (where {{ which }}is_rewarded) as {{ side }}_count,
        avg(stars) filter (where {{ which }}is_rewarded) as {{ side }}_rating,
        var_samp(stars) filter (where {{ which }}is_rewarded) as {{ side }}_variance
        {%- if not loop.last %},{% endif %}
        {%- endfor %}

    from (
        select
            reviews.month_start,
            reviews.stars,
            reviews.is_incentivised or rewarded_reviews.voice_key is not null as is_rewarded

        from reviews

        left join rewarded_reviews
            on reviews.voice_key = rewarded_reviews.voice_key
    ) as marked

    group by grouping sets ((month_start), ())

),

reward_measures as (

    select
        reward_totals.*,
        redemption_totals.redemption_count,
        redemption_totals.order_redemption_count,
        redemption_totals.ordered_points,
        redemption_totals.median_days_to_redemption,
        orders.order_count,
        orders.order_net_cny,
        categories.category_code,
        categories.category_cny,
        {%- for side in ['rewarded', 'other'] %}
        ratings.{{ side }}_count,
        ratings.{{ side }}_rating,
        ratings.{{ side }}_variance
        {%- if not loop.last %},{% endif %}
        {%- endfor %}

    from reward_totals

    left join redemption_totals
        on
            reward_totals.period_kind = redemption_totals.period_kind
            and reward_totals.month_start is not distinct from redemption_totals.month_start

    left join orders
        on
            reward_totals.period_kind = orders.period_kind
            and reward_totals.month_start is not distinct from orders.month_start

    left join categories
        on
            reward_totals.period_kind = categories.period_kind
            and reward_totals.month_start is not distinct from categories.month_start

    left join ratings
        on
            reward_totals.period_kind = ratings.period_kind
            and reward_totals.month_start is not distinct from ratings.month_start

),

final as (

    -- rounded, because the last digits of a sum of doubles depend on the order of its rows
    select
        period_kind,
        coalesce(month_start, min(month_start) over ()) as month_start,
        reward_count,
        {%- for column in ['issued', 'redeemed', 'expired', 'reversed', 'remaining'] %}
        cast({{ column }}_points as bigint) as {{ column }}_points,
        {%- endfor %}
        round(redeemed_points / nullif(issued_points, 0), 6) as redeemed_share,
        round(median_days_to_redemption, 4) as median_days_to_redemption,
        coalesce(redemption_count, 0) as redemption_count,
        coalesce(order_redemption_count, 0) as order_redemption_count,
        cast(coalesce(ordered_points, 0) as bigint) as ordered_points,
        round(coalesce(ordered_points, 0) / nullif(redeemed_points, 0), 6) as ordered_share,
        coalesce(order_count, 0) as order_count,
        cast(coalesce(order_net_cny, 0) as decimal(18, 2)) as order_net_cny,
        category_code as top_category_code,
        cast(category_cny as decimal(18, 2)) as top_category_cny,
        coalesce(rewarded_count, 0) as rewarded_review_count,
        round(rewarded_rating, 6) as rewarded_rating,
        coalesce(other_count, 0) as other_review_count,
        round(other_rating, 6) as other_rating,
        round(rewarded_rating - other_rating, 6) as rating_gap,
        case
            when least(rewarded_count, other_count) >= {{ var('integrity_fewest_reviews') }}
                then round(rewarded_rating - other_rating - {{ welch_margin(
                    'rewarded_variance', 'rewarded_count', 'other_variance', 'other_count'
                ) }}, 6)
        end as rating_gap_low,
        case
            when least(rewarded_count, other_count) >= {{ var('integrity_fewest_reviews') }}
                then round(rewarded_rating - other_rating + {{ welch_margin(
                    'rewarded_variance', 'rewarded_count', 'other_variance', 'other_count'
                ) }}, 6)
        end as rating_gap_high

    from reward_measures

)

select * from final
