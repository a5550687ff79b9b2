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

    -- running clocks are read at the end of that day
    select {{ plus_minutes('cast(max(as_of) as timestamp)', 1440) }} as as_of_end_at
    from {{ ref('kpi_windows') }}

),

subjects as (

    select
        'reviews.fct_voices' as row_table,
        voices.voice_key as row_key,
        cast(voices.posted_at as date) as period_date,
        voices.channel_code,
        voices.brand_code,
        coalesce(voices.product_key, 'unknown') as product_key,
        cast(case when clocks.first_reply_minutes <= 60 then 1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from voices

    cross join as_of

    -- voices of staff have no clock
    inner join clocks
        on voices.voice_key = clocks.subject_key

    where
        -- a voice whose hour is not over counts only once answered; so does one that its author deleted before
        clocks.first_reply_at is not null
        or {{ plus_minutes('voices.posted_at', 60) }}
        < least(as_of.as_of_end_at, coalesce(clocks.withdrawn_at, as_of.as_of_end_at))

),

counts_by_day as (

    {{ kpi_counted() }}

)

select * from counts_by_day
