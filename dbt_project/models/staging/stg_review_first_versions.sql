-- Grain: one row per review, as an export first showed it.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='record_key') }}

with

affected as (

    {{ affected_keys([changed_in('reviews')]) }}

),

source as (

    select * from {{ source('raw', 'reviews') }}
    where {{ is_affected('record_key') }}

),

files as (

    select * from {{ source('raw', 'files') }}

),

public_versions as (

    select
        source.record_key,
        source.rating_raw,
        source.rating_max,
        source.edited_at,
        source.text_sha256,
        source.export_date,
        source.delivery_seq,
        source.row_number,
        source.file_id

    from source

    inner join files
        on source.file_id = files.file_id

    -- a correction takes back what it replaces; a newer snapshot only goes on from it
    where source.superseded_load_id is null or files.mode = 'snapshot'

),

first_versions as (

    select
        record_key,
        rating_raw / nullif(rating_max, 0) as first_rating_share,
        edited_at as first_edited_at,
        text_sha256 as first_text_sha256,
        export_date as first_shown_on

    from public_versions
    qualify row_number() over (
        partition by record_key
        order by export_date asc, delivery_seq desc, row_number desc, file_id desc
    ) = 1

)

select * from first_versions
