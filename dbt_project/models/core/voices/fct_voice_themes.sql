-- Grain: one row per voice and theme.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='voice_key') }}

with

affected as (

    {{ affected_keys([changed_voice_texts('annotated_texts')]) }}

),

voices as (

    select
        voice_key,
        text_sha256

    from {{ ref('int_voices') }}
    where {{ is_affected('voice_key') }}

),

text_themes as (

    select * from {{ ref('stg_text_themes') }}
    where text_sha256 in (select voices.text_sha256 from voices)

),

final as (

    select
        voices.voice_key,
        text_themes.theme_code,
        text_themes.matched_text

    from voices

    inner join text_themes
        on voices.text_sha256 = text_themes.text_sha256

)

select * from final
