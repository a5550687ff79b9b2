-- Grain: one row per distinct text that a voice has.
-- A view: the texts are the bulk of the warehouse and stand once already.
{{ config(materialized='view') }}

with

texts as (

    select * from {{ ref('stg_texts') }}

),

texts_of_voices as (

    select
        text_sha256,
        text_content as voice_text

    from texts
    where text_sha256 in (select voices.text_sha256 from {{ ref('fct_voices') }} as voices)

)

select * from texts_of_voices
