-- Grain: one row per open segment of a schedule and bucket of readings that it touches: the clock read backwards.
{{ config(materialized='view') }}

with

open_segments as (

    select
        schedule_code,
        day,
        from_second,
        seconds_before,
        unknown_day_count,
        seconds_before + open_until_second - from_second as seconds_after

    from {{ ref('int_business_hours') }}
    where open_until_second > from_second

),

buckets as (

    select
        {{ reading_bucket('seconds_before') }} as bucket,
        *

    from open_segments

    union all

    select
        {{ reading_bucket('seconds_after') }} as bucket,
        *

    from open_segments
    where {{ reading_bucket('seconds_after') }} <> {{ reading_bucket('seconds_before') }}

)

select * from buckets
