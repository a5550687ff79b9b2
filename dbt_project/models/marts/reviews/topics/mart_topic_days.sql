-- Grain: one row per theme, channel and day with public voices about it.
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

voice_themes as (

    select * from {{ ref('fct_voice_themes') }}

),

theme_counts as (

    select
        voice_themes.theme_code,
        voices.channel_code,
        voices.spoken_on,
        count(*) as voice_count,
        count(*) filter (where voices.is_own_brand) as own_voice_count

    from voices

    inner join voice_themes
        on voices.voice_key = voice_themes.voice_key

    group by all

)

select * from theme_counts
