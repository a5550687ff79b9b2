-- Grain: one row per theme, channel and day on which the public spoke of it.
with

voices as (

    select
        voice_key,
        cast(posted_at as date) as spoken_on,
        channel_code,
        is_own_brand

    from {{ ref('fct_voices') }}
    where
        is_public
        and is_original
        and posted_at is not null

),

themed as (

    select * from {{ ref('fct_voice_themes') }}

),

counted as (

    select
        themed.theme_code,
        voices.channel_code,
        voices.spoken_on,
        count(*) as voice_count,
        count(*) filter (where voices.is_own_brand) as own_voice_count

    from voices

    inner join themed
        on voices.voice_key = themed.voice_key

    group by all

)

select * from counted
