-- Grain: one row per voice of the public, aspect or theme that it complains of; our brands, originals, staff left out.
{{ config(materialized='view') }}

with

voices as (

    select
        voice_key,
        voice_kind,
        brand_code,
        product_key,
        posted_at,
        follower_count

    from {{ ref('fct_voices') }}
    where
        is_own_brand
        and is_original
        and posted_at is not null
        and coalesce(author_kind, 'user') <> 'employee'

),

aspects as (

    select
        voice_key,
        'aspect' as topic_kind,
        aspect_code as topic_code,
        evidence_text

    from {{ ref('fct_voice_aspects') }}
    where polarity = -1

),

themes as (

    select
        voice_themes.voice_key,
        'theme' as topic_kind,
        voice_themes.theme_code as topic_code,
        voice_themes.matched_text as evidence_text

    from {{ ref('fct_voice_themes') }} as voice_themes

    inner join {{ ref('themes') }} as themes
        on voice_themes.theme_code = themes.theme_code

    where not themes.is_positive

),

topics as (

    select * from aspects
    union all
    select * from themes

),

complaints as (

    select
        voices.voice_key,
        voices.voice_kind,
        voices.brand_code,
        voices.product_key,
        voices.posted_at,
        voices.follower_count,
        topics.topic_kind,
        topics.topic_code,
        topics.evidence_text

    from voices

    inner join topics
        on voices.voice_key = topics.voice_key

)

select * from complaints
