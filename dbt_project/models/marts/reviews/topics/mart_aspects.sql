-- Grain: one row per brand, product (or all), month and aspect that its voices name.
with

voices as (

    select
        voice_key,
        brand_code,
        coalesce(product_key, 'unknown') as product_key,
        cast(date_trunc('month', posted_at) as date) as month_start,
        -- on the scale of five stars
        cast(5 * rating_share as decimal(9, 4)) as stars

    from {{ ref('fct_voices') }}
    where
        is_public
        and is_earned
        and is_original
        -- praise that was a condition of a reward is a violation and no evidence of reputation
        and not is_praise_required
        and brand_code is not null
        and posted_at is not null
        and text_sha256 is not null

),

aspect_voices as (

    select
        voices.*,
        found.aspect_code,
        found.polarity

    from {{ ref('fct_voice_aspects') }} as found

    inner join voices
        on found.voice_key = voices.voice_key

),

cells as (

    select
        brand_code,
        month_start,
        case when grouping(product_key) = 1 then 'all' else product_key end as product_key,
        count(*) as voice_count,
        count(stars) as rated_count,
        cast(coalesce(sum(stars), 0) as double) as star_sum,
        cast(coalesce(sum(stars * stars), 0) as double) as star_square_sum

    from voices
    group by grouping sets ((brand_code, month_start), (brand_code, month_start, product_key))

),

aspects as (

    select
        brand_code,
        month_start,
        case when grouping(product_key) = 1 then 'all' else product_key end as product_key,
        aspect_code,
        count(*) as mention_count,
        count(*) filter (where polarity = 1) as positive_count,
        count(*) filter (where polarity = -1) as negative_count,
        count(stars) as rated_count,
        cast(coalesce(sum(stars), 0) as double) as star_sum,
        cast(coalesce(sum(stars * stars), 0) as double) as star_square_sum,
        count(stars) filter (where polarity = -1) as negative_rated_count,
        cast(coalesce(sum(stars) filter (where polarity = -1), 0) as double) as negative_star_sum,
        cast(coalesce(sum(stars * stars) filter (where polarity = -1), 0) as double) as negative_star_square_sum

    from aspect_voices
    group by grouping sets ((brand_code, month_start, aspect_code), (brand_code, month_start, product_key, aspect_code))

),

sides as (

    -- reviews that name the aspect, that blame it, and all others of the cell
    select
        aspects.*,
        cells.voice_count,
        cells.rated_count - aspects.rated_count as other_rated_count,
        aspects.star_sum / nullif(aspects.rated_count, 0) as mean_stars,
        aspects.negative_star_sum / nullif(aspects.negative_rated_count, 0) as negative_mean_stars,
        (cells.star_sum - aspects.star_sum) / nullif(cells.rated_count - aspects.rated_count, 0) as other_mean_stars,
        {{ sample_variance('aspects.star_sum', 'aspects.star_square_sum', 'aspects.rated_count') }} as star_variance,
        {{ sample_variance(
            'aspects.negative_star_sum', 'aspects.negative_star_square_sum', 'aspects.negative_rated_count'
        ) }} as negative_star_variance,
        {{ sample_variance(
            '(cells.star_sum - aspects.star_sum)',
            '(cells.star_square_sum - aspects.star_square_sum)',
            '(cells.rated_count - aspects.rated_count)'
        ) }} as other_star_variance

    from aspects

    inner join cells
        on
            aspects.brand_code = cells.brand_code
            and aspects.month_start = cells.month_start
            and aspects.product_key = cells.product_key

),

sides_with_effect as (

    select
        *,
        mean_stars - other_mean_stars as star_effect,
        negative_mean_stars - other_mean_stars as negative_star_effect,
        {{ welch_margin('star_variance', 'rated_count', 'other_star_variance', 'other_rated_count') }} as star_margin,
        {{ welch_margin(
            'negative_star_variance', 'negative_rated_count', 'other_star_variance', 'other_rated_count'
        ) }} as negative_star_margin

    from sides

),

final as (

    select
        brand_code,
        product_key,
        month_start,
        aspect_code,
        voice_count,
        mention_count,
        mention_count / voice_count as mention_rate,
        {{ wilson_end('mention_count', 'voice_count', '-') }} as mention_rate_low,
        {{ wilson_end('mention_count', 'voice_count', '+') }} as mention_rate_high,
        positive_count,
        negative_count,
        mention_count - positive_count - negative_count as neutral_count,
        (positive_count - negative_count) / nullif(positive_count + negative_count, 0) as aspect_nsr,
        2 * {{ wilson_end('positive_count', '(positive_count + negative_count)', '-') }} - 1 as aspect_nsr_low,
        2 * {{ wilson_end('positive_count', '(positive_count + negative_count)', '+') }} - 1 as aspect_nsr_high,
        rated_count,
        other_rated_count,
        mean_stars,
        other_mean_stars,
        star_effect,
        star_effect - star_margin as star_effect_low,
        star_effect + star_margin as star_effect_high,
        negative_rated_count,
        negative_star_effect,
        negative_star_effect - negative_star_margin as negative_star_effect_low,
        negative_star_effect + negative_star_margin as negative_star_effect_high

    from sides_with_effect

)

select * from final
