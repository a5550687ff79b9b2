{#
    The CTE `subjects` of a KPI that is a mean of stars: a row per original review with a rating, on the day of the
    review, that meets the condition, a predicate over fct_voices.
#}
{% macro star_rating_subjects(condition='true') -%}
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
        -- a syndicated copy repeats a rating
        and is_original
        and rating_share is not null
        and posted_at is not null
        and {{ condition }}

)
{%- endmacro %}
