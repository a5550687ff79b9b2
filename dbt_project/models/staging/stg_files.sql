-- Grain: one row per channel, export and day that a landed file is for.
with

source as (

    select * from {{ source('raw', 'files') }}

),

landed_files as (

    select
        channel_code,
        export_name,
        export_date,
        cast(count(*) as bigint) as file_count

    from source
    -- a header-only file says that nothing happened that day, and a file that was corrected did come
    where outcome = 'landed'
    group by
        channel_code,
        export_name,
        export_date

)

select * from landed_files
