-- Grain: one row per channel, kind of voice and day on which voices of our own brands were posted, with their owner.
{{ config(materialized='view') }}

with

channel_departments as (

    select * from {{ ref('channel_departments') }}

),

opening_days as (

    select distinct
        channel_code,
        voice_kind,
        cast(posted_at as date) as opened_on

    from {{ ref('fct_voices') }}
    where is_own_brand and voice_kind <> 'case'

),

owners as (

    -- of the departments that the seed names for channel and kind on that day, the one it names most closely
    select
        opening_days.channel_code,
        opening_days.voice_kind,
        opening_days.opened_on,
        channel_departments.department_code

    from opening_days

    inner join channel_departments
        on
            opening_days.channel_code = coalesce(channel_departments.channel_code, opening_days.channel_code)
            and opening_days.voice_kind = coalesce(channel_departments.voice_kind, opening_days.voice_kind)
            and opening_days.opened_on >= channel_departments.valid_from
            and opening_days.opened_on < coalesce(channel_departments.valid_to, date '9999-12-31')

    qualify row_number() over (
        partition by opening_days.channel_code, opening_days.voice_kind, opening_days.opened_on
        order by
            case when channel_departments.channel_code is null then 1 else 0 end asc,
            case when channel_departments.voice_kind is null then 1 else 0 end asc,
            channel_departments.valid_from desc,
            channel_departments.department_code asc
    ) = 1

)

select * from owners
