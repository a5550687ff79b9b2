-- Grain: one row per text and theme.
with

source as (

    select * from {{ source('raw', 'text_themes') }}

),

renamed as (

    select
        text_sha256,
        theme_code,
        matched_text

    from source

)

select * from renamed
