-- KPI: negative public voices about us that a person answered in public within the hour, by the day of arrival.
with

voices as (

    select * from {{ ref('fct_voices') }}
    where
        is_public
        and is_original
        and is_own_brand
        and is_negative
        and posted_at is not null

),

clocks as (

    select * from {{ ref('fct_response_clock') }}

),

as_of as (

    select * from {{ ref('stg_as_of') }}

),

due as (

    select
        cast(voices.posted_at as date) as period_date,
        voices.channel_code,
        voices.brand_code,
        coalesce(voices.product_key, 'unknown') as product_key,
        coalesce(clocks.first_reply_minutes <= 60, false) as is_replied_within_hour

    from voices

    cross join as_of

    -- a colleague's voice is on no clock
    inner join clocks
        on voices.voice_key = clocks.subject_key

    where
        -- a voice whose hour is not over is neither met nor missed, unless the answer is there; so is one that its
        -- author took down before
        clocks.first_reply_at is not null
        or {{ plus_minutes('voices.posted_at', 60) }}
        < least(as_of.as_of_end_at, coalesce(clocks.withdrawn_at, as_of.as_of_end_at))

),

counted as (

    select
        period_date,
        channel_code,
        brand_code,
        product_key,
        cast(count(*) filter (where is_replied_within_hour) as double) as numerator,
        cast(count(*) as double) as denominator

    from due
    group by all

)

select * from counted
