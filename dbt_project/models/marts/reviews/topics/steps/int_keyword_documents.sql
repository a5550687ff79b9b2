-- Grain: one row per voice whose words are counted.
{{ config(materialized='view') }}

with

voices as (

    select * from {{ ref('fct_voices') }}

),

documents as (

    select
        voice_key,
        {{ week_of('posted_at') }} as week_start,
        posted_at,
        brand_code,
        product_key,
        -- a voice that is negative by its stars is no praise, whatever its text says
        case
            when is_negative then 'negative'
            when sentiment_code = 'positive' then 'positive'
            else 'other'
        end as polarity_code,
        text_sha256

    from voices
    -- copies repeat their originals and are left out
    where is_original and text_sha256 is not null and brand_code is not null and posted_at is not null

)

select * from documents
