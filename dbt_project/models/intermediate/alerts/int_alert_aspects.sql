-- Grain: one row per voice and aspect that it complains of.
{{ config(materialized='view') }}

with

final as (

    select
        cast(null as string) as voice_key,
        cast(null as string) as aspect_code
    where 1 = 0

)

select * from final
