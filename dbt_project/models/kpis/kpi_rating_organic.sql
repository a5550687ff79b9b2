-- KPI: mean stars of reviews that nobody rewarded, by the day of the review.
with

subjects as (

    select
        'reviews.fct_voices' as row_table,
        voice_key as row_key,
        cast(posted_at as date) as period_date,
        channel_code,
        coalesce(brand_code, 'unknown') as brand_code,
        coalesce(product_key, 'unknown') as product_key,
        -- stars of five, as mart_rating_integrity reads them
        cast(round(rating_share * 5, 6) as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_voices') }}
    where
        voice_kind = 'review'
        -- a syndicated copy is a second sight of one rating
        and is_original
        and rating_share is not null
        and posted_at is not null
        and not is_incentivised

),

counted as (

    {{ kpi_counted(extras={'star_square_sum': 'round(cast(sum(numerator * numerator) as double), 6)'}) }}

)

select * from counted
