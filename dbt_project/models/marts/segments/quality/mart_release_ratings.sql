-- Grain: one row per product and basis (all of its reviews, or those without a reward).
{%- set fewest = var('integrity_fewest_reviews') %}
with

products as (

    select * from {{ ref('dim_products') }}
    where is_catalogued

),

releases as (

    select
        products.product_key,
        products.product_name,
        products.brand_code,
        products.category_code,
        coalesce(
            named.line_code,
            -- a product line: the name without the mark of the generation
            coalesce(products.brand_code, '') || ':' || coalesce(products.category_code, '') || ':'
            || coalesce(
                nullif(regexp_replace(products.product_name, '{{ var("release_mark_pattern") }}', ''), ''),
                products.product_key
            )
        ) as line_code,
        coalesce(named.released_on, products.launched_on) as released_on

    from products

    left join {{ ref('product_releases') }} as named
        on products.product_key = named.product_key

),

releases_with_number as (

    select
        *,
        row_number() over line as release_number,
        -- without a release date the order is unknown
        case when released_on is not null then lag(product_key) over line end as previous_product_key

    from releases
    window line as (partition by line_code, released_on is null order by released_on, product_key)

),

reviews as (

    select
        product_key,
        rating_share * 5 as stars,
        is_negative,
        coalesce(is_incentivised, false) as is_incentivised

    from {{ ref('fct_voices') }}
    where
        voice_kind = 'review'
        -- a syndicated copy repeats a rating
        and is_original
        and rating_share is not null

),

bases as (

    select 'all' as basis_code
    union all
    select 'unincentivised' as basis_code

),

rating_sums as (

    select
        reviews.product_key,
        bases.basis_code,
        count(*) as review_count,
        cast(round(sum(reviews.stars), 6) as double) as star_sum,
        cast(round(sum(reviews.stars * reviews.stars), 6) as double) as star_squares,
        count(*) filter (where reviews.is_negative) as negative_count

    from reviews

    inner join bases
        on
            bases.basis_code = 'all'
            or not reviews.is_incentivised

    group by reviews.product_key, bases.basis_code

),

rating_means as (

    select
        product_key,
        basis_code,
        review_count,
        star_sum / review_count as mean_stars,
        {{ sample_variance('star_sum', 'star_squares', 'review_count') }} as star_variance,
        negative_count

    from rating_sums

),

release_pairs as (

    select
        releases_with_number.product_key,
        bases.basis_code,
        releases_with_number.line_code,
        releases_with_number.product_name,
        releases_with_number.brand_code,
        releases_with_number.category_code,
        releases_with_number.release_number,
        releases_with_number.released_on,
        releases_with_number.previous_product_key,
        coalesce(own.review_count, 0) as review_count,
        own.mean_stars,
        coalesce(own.negative_count, 0) as negative_count,
        previous.review_count as previous_review_count,
        previous.mean_stars as previous_mean_stars,
        previous.negative_count as previous_negative_count,
        {{ welch_margin('own.star_variance', 'own.review_count', 'previous.star_variance', 'previous.review_count') }}
            as margin,
        least(own.review_count, previous.review_count) >= {{ fewest }} as is_enough

    from releases_with_number

    cross join bases

    left join rating_means as own
        on
            releases_with_number.product_key = own.product_key
            and bases.basis_code = own.basis_code

    left join rating_means as previous
        on
            releases_with_number.previous_product_key = previous.product_key
            and bases.basis_code = previous.basis_code

),

final as (

    select
        product_key,
        basis_code,
        line_code,
        product_name,
        brand_code,
        category_code,
        cast(release_number as bigint) as release_number,
        released_on,
        previous_product_key,
        cast(review_count as bigint) as review_count,
        round(mean_stars, 6) as mean_stars,
        cast(negative_count as bigint) as negative_count,
        round(cast(negative_count as double) / nullif(review_count, 0), 6) as negative_share,
        cast(previous_review_count as bigint) as previous_review_count,
        round(previous_mean_stars, 6) as previous_mean_stars,
        round(cast(previous_negative_count as double) / previous_review_count, 6) as previous_negative_share,
        round(mean_stars - previous_mean_stars, 6) as stars_difference,
        case when is_enough then round(mean_stars - previous_mean_stars - margin, 6) end as stars_difference_low,
        case when is_enough then round(mean_stars - previous_mean_stars + margin, 6) end as stars_difference_high,
        round(
            cast(negative_count as double) / nullif(review_count, 0)
            - cast(previous_negative_count as double) / previous_review_count,
            6
        ) as negative_difference,
        {%- for side in ['-', '+'] %}
        case
            when is_enough
                then round({{ newcombe_end(
                    'cast(negative_count as double)', 'review_count',
                    'cast(previous_negative_count as double)', 'previous_review_count', side
                ) }}, 6)
        end as negative_difference_{{ 'low' if side == '-' else 'high' }},
        {%- endfor %}
        case
            when not is_enough then null
            when mean_stars - previous_mean_stars - margin > 0 then 'better'
            when mean_stars - previous_mean_stars + margin < 0 then 'worse'
            when previous_mean_stars is not null then 'no_evidence'
        end as verdict_code

    from release_pairs

)

select * from final
