-- Grain: one row per text that is long enough to have a fingerprint.
with

source as (

    select * from {{ source('raw', 'text_minhash') }}

),

renamed as (

    select
        text_sha256,
        letter_count,
        shingles,
        bands

    from source

)

select * from renamed
