-- Grain: one row per month or all time, brand, channel and product; `all` is a total. Ratings are in stars of five.
with

reviews as (

    select
        voice_key,
        cast(date_trunc('month', posted_at) as date) as month_start,
        coalesce(brand_code, 'unknown') as brand_code,
        channel_code,
        coalesce(product_key, 'unknown') as product_key,
        cast(round(rating_share * 5, 6) as double) as stars,
        deleted_at is not null as is_deleted,
        is_verified_purchase,
        is_incentivised,
        is_praise_required

    from {{ ref('fct_voices') }}
    where
        voice_kind = 'review'
        -- a syndicated copy is a second sight of one rating
        and is_original

),

flags as (

    select
        voice_key,
        bool_or(flag_code = 'burst') as is_burst,
        bool_or(flag_code in ('exact_duplicate', 'near_duplicate')) as is_duplicate

    from {{ ref('fct_review_flags') }}
    where flag_code in ('burst', 'exact_duplicate', 'near_duplicate')
    group by voice_key

),

reviews_with_flags as (

    select
        reviews.*,
        coalesce(flags.is_burst, false) as is_burst,
        coalesce(flags.is_duplicate, false) as is_duplicate

    from reviews

    left join flags
        on reviews.voice_key = flags.voice_key

),

rating_counts as (

    select
        case when grouping(month_start) = 1 then 'all' else 'month' end as period_kind,
        min(month_start) as period_start,
        brand_code,
        case when grouping(channel_code) = 1 then 'all' else channel_code end as channel_code,
        case when grouping(product_key) = 1 then 'all' else product_key end as product_key,

        ---------- ratings
        count(*) as review_count,
        count(stars) as rated_count,
        sum(stars) as star_sum,
        avg(stars) as raw_rating,
        count(stars) filter (where not is_deleted) as standing_count,
        avg(stars) filter (where not is_deleted) as standing_rating,
        count(stars) filter (where is_verified_purchase) as verified_count,
        avg(stars) filter (where is_verified_purchase) as verified_rating,

        ---------- what rewards do
        count(stars) filter (where not is_incentivised) as organic_count,
        avg(stars) filter (where not is_incentivised) as organic_rating,
        var_samp(stars) filter (where not is_incentivised) as organic_variance,
        count(stars) filter (where is_incentivised) as incentivised_count,
        avg(stars) filter (where is_incentivised) as incentivised_rating,
        var_samp(stars) filter (where is_incentivised) as incentivised_variance,
        count(*) filter (where is_incentivised) as rewarded_count,
        count(*) filter (where is_praise_required) as praise_required_count,

        ---------- who is taken down
        count(*) filter (where stars <= 2) as low_count,
        count(*) filter (where stars <= 2 and is_deleted) as low_deleted_count,
        count(*) filter (where stars >= 4) as high_count,
        count(*) filter (where stars >= 4 and is_deleted) as high_deleted_count,

        ---------- flags
        count(is_verified_purchase) as verifiable_count,
        count(*) filter (where not is_verified_purchase) as unverified_count,
        count(*) filter (where is_burst) as burst_count,
        count(*) filter (where is_duplicate) as duplicate_count

    from reviews_with_flags
    group by brand_code, cube (month_start, channel_code, product_key)

),

final as (

    -- rounded, for the order in which an engine adds up shows in the last digits
    select
        period_kind,
        period_start,
        brand_code,
        channel_code,
        product_key,
        review_count,
        rated_count,
        round(raw_rating, 6) as raw_rating,
        standing_count,
        round(standing_rating, 6) as standing_rating,
        verified_count,
        round(verified_rating, 6) as verified_rating,
        organic_count,
        round(organic_rating, 6) as organic_rating,
        cast(round(
            ({{ var('bayesian_prior_count') }} * {{ var('bayesian_prior_stars') }} + coalesce(star_sum, 0))
            / ({{ var('bayesian_prior_count') }} + rated_count), 6
        ) as double) as bayesian_rating,
        rewarded_count,
        rewarded_count / review_count as incentivised_share,
        incentivised_count,
        round(incentivised_rating, 6) as incentivised_rating,
        round(incentivised_rating - organic_rating, 6) as rating_gap,
        case
            when least(incentivised_count, organic_count) >= {{ var('integrity_fewest_reviews') }}
                then round(incentivised_rating - organic_rating - {{ welch_margin(
                    'incentivised_variance', 'incentivised_count', 'organic_variance', 'organic_count'
                ) }}, 6)
        end as rating_gap_low,
        case
            when least(incentivised_count, organic_count) >= {{ var('integrity_fewest_reviews') }}
                then round(incentivised_rating - organic_rating + {{ welch_margin(
                    'incentivised_variance', 'incentivised_count', 'organic_variance', 'organic_count'
                ) }}, 6)
        end as rating_gap_high,
        praise_required_count,
        low_count,
        low_deleted_count,
        high_count,
        high_deleted_count,
        low_deleted_count / nullif(low_count, 0) - high_deleted_count / nullif(high_count, 0) as suppression,
        {{ newcombe_end('low_deleted_count', 'low_count', 'high_deleted_count', 'high_count', '-') }}
            as suppression_low,
        {{ newcombe_end('low_deleted_count', 'low_count', 'high_deleted_count', 'high_count', '+') }}
            as suppression_high,
        unverified_count,
        unverified_count / nullif(verifiable_count, 0) as unverified_share,
        burst_count,
        burst_count / review_count as burst_share,
        duplicate_count,
        duplicate_count / review_count as duplicate_share

    from rating_counts

)

select * from final
