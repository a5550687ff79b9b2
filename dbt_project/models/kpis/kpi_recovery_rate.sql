-- KPI: bad reviews that their author bettered after we had answered, over those that we answered.
with

as_of as (

    select max(as_of) as as_of from {{ ref('kpi_windows') }}

),

subjects as (

    select
        'reviews.fct_recoveries' as row_table,
        recoveries.voice_key as row_key,
        cast(recoveries.posted_at as date) as period_date,
        recoveries.channel_code,
        coalesce(recoveries.brand_code, 'unknown') as brand_code,
        coalesce(recoveries.product_key, 'unknown') as product_key,
        cast(case when recoveries.is_bettered_after_reply then 1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_recoveries') }} as recoveries

    cross join as_of

    where
        -- mart_recovery's low_rated_replied_count
        recoveries.first_rating_share <= {{ var('negative_rating_at_most') }}
        and recoveries.first_reply_at is not null
        -- the window of recent reviews is not over
        and cast(recoveries.posted_at as date) <= {{ plus_days('as_of.as_of', -1 * var('recovery_maturity_days')) }}

),

counts_by_day as (

    {{ kpi_counted() }}

)

select * from counts_by_day
