-- Grain: one row per band of age.
with

bands as (

    select
        age_band_code,
        age_from,
        age_below,
        label_zh,
        label_en

    from {{ ref('age_bands') }}

)

select * from bands
