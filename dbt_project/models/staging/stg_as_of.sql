-- Grain: one row, the day that the data run through.
with

source as (

    select * from {{ source('raw', 'files') }}

),

renamed as (

    select
        max(export_date) as as_of,
        -- clocks that still run are read at the end of that day, never by the time of the build
        cast(max(export_date) as timestamp) + interval '1 day' as as_of_end_at

    from source
    where outcome = 'landed'

)

select * from renamed
