-- Grain: one row per voice and aspect that it complains of.
{{ config(materialized='view') }}

with

aspects as (

    select * from {{ ref('fct_voice_aspects') }}

),

voices as (

    select
        voice_key,
        is_negative

    from {{ ref('fct_voices') }}

),

final as (

    select
        aspects.voice_key,
        aspects.aspect_code

    from aspects

    inner join voices
        on aspects.voice_key = voices.voice_key

    -- said badly of the aspect itself, or spoken of without a judgement in a voice that is negative
    where
        aspects.polarity = -1
        or (aspects.polarity = 0 and voices.is_negative)

)

select * from final
