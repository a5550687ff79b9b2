-- KPI: mean stars of all reviews, drawn towards what is usual while there are few of them.
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

),

measured as (

    {{ kpi_scopes({
        'star_sum': 'round(cast(sum(numerator) as double), 6)',
        'sample_count': 'count(*)',
    }) }}

),

final as (

    select
        period_kind,
        period_date,
        is_cut,
        channel_code,
        brand_code,
        product_key,
        -- the prior is added once to whatever is counted, so the rows of two days have it twice and are never summed
        {{ var('bayesian_prior_count') }} * {{ var('bayesian_prior_stars') }} + star_sum as numerator,
        cast({{ var('bayesian_prior_count') }} + sample_count as double) as denominator,
        sample_count

    from measured

)

select * from final
