-- Grain: one row per distinct redacted text.
with

source as (

    select * from {{ source('raw', 'texts') }}

),

renamed as (

    select
        text_sha256,
        text_content,
        char_count,
        redactor_version

    from source

)

select * from renamed
