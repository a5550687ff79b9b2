-- KPI: the share of bad reviews that were taken down, less that of good ones, by the day of the review.
with

subjects as (

    -- mart_rating_integrity's two sides: two stars and fewer, four and more
    select
        'reviews.fct_voices' as row_table,
        voice_key as row_key,
        cast(posted_at as date) as period_date,
        channel_code,
        coalesce(brand_code, 'unknown') as brand_code,
        coalesce(product_key, 'unknown') as product_key,
        round(rating_share * 5, 6) <= 2 as is_low,
        -- a deleted bad review adds, a deleted good one subtracts
        cast(
            case
                when deleted_at is null then 0
                when round(rating_share * 5, 6) <= 2 then 1
                else -1
            end as double
        ) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_voices') }}
    where
        voice_kind = 'review'
        and is_original
        and posted_at is not null
        and (round(rating_share * 5, 6) <= 2 or round(rating_share * 5, 6) >= 4)

),

measures_by_scope as (

    {{ kpi_scopes({
        'low_count': 'count(*) filter (where is_low)',
        'low_deleted_count': 'count(*) filter (where is_low and numerator <> 0)',
        'high_count': 'count(*) filter (where not is_low)',
        'high_deleted_count': 'count(*) filter (where not is_low and numerator <> 0)',
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
        cast(low_deleted_count / nullif(low_count, 0) - high_deleted_count / nullif(high_count, 0) as double)
            as numerator,
        cast(1 as double) as denominator,
        -- the smaller side is the sample size
        least(low_count, high_count) as sample_count,
        cast({{ newcombe_end('low_deleted_count', 'low_count', 'high_deleted_count', 'high_count', '-') }} as double)
            as value_low,
        cast({{ newcombe_end('low_deleted_count', 'low_count', 'high_deleted_count', 'high_count', '+') }} as double)
            as value_high,
        low_count,
        low_deleted_count,
        high_count,
        high_deleted_count

    from measures_by_scope
    -- without reviews on both sides there is no difference
    where low_count > 0 and high_count > 0

)

select * from final
