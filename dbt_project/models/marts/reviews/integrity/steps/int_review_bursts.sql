-- Grain: one row per product and day or hour in which far more reviews came than it is used to.
with

reviews as (

    select
        product_key,
        posted_at

    from {{ ref('fct_voices') }}
    where
        voice_kind = 'review'
        and is_original
        and product_key is not null

),

review_counts as (

    select
        product_key,
        'day' as window_kind,
        date_trunc('day', posted_at) as started_at,
        count(*) as review_count

    from reviews
    group by all

    union all

    select
        product_key,
        'hour' as window_kind,
        date_trunc('hour', posted_at) as started_at,
        count(*) as review_count

    from reviews
    group by all

),

levels as (

    -- windows without a review are left out, which sets the level rather too high than too low
    select
        *,
        median(review_count) over before_it as usual_count,
        count(*) over before_it as known_windows

    from review_counts
    window before_it as (
        partition by product_key, window_kind
        order by started_at
        range between interval '28 days' preceding and interval '1 day' preceding
    )

),

final as (

    select
        product_key,
        window_kind,
        cast(started_at as timestamp) as started_at,
        cast(case
            when window_kind = 'day' then started_at + interval '1 day'
            else started_at + interval '1 hour'
        end as timestamp) as ended_at,
        review_count,
        cast(usual_count as double) as usual_count

    from levels
    where
        known_windows >= 7
        and review_count >= {{ var('burst_fewest_reviews') }}
        -- counts of events that have nothing to do with each other scatter by their root
        and review_count - usual_count >= {{ var('burst_deviations') }} * sqrt(greatest(usual_count, 1))

)

select * from final
