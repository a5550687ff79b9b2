-- Grain: one row per day of the years that the data touch.
with

source as (

    select * from {{ source('raw', 'work_calendar') }}

),

renamed as (

    select
        day,
        is_workday,
        is_known,
        holiday_name

    from source

)

select * from renamed
