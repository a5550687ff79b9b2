-- Grain: one row per text that has words.
with

source as (

    select * from {{ source('raw', 'text_terms') }}

),

renamed as (

    select

        ---------- ids
        text_sha256,

        ---------- words in the text's order, and the place of each
        terms,
        positions

    from source

)

select * from renamed
