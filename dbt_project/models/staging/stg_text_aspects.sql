-- Grain: one row per text and aspect that it names.
with

source as (

    select * from {{ source('raw', 'text_aspects') }}

),

renamed as (

    select
        text_sha256,
        aspect_code,
        polarity,
        evidence_text

    from source

)

select * from renamed
