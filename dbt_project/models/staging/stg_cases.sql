-- Grain: one row per case, the winning delivery.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='record_key') }}

with

affected as (

    {{ affected_keys([changed_in('cases')]) }}

),

source as (

    select * from {{ source('raw', 'cases') }}
    where {{ is_affected('record_key') }}

),

rates as (

    select * from {{ ref('stg_currency_rates') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        case_ref,
        source_ref,
        customer_ref,
        crisis_ref,

        ---------- codes and names
        source_kind,
        priority_code,
        department_code,

        ---------- measures
        csat_score,

        ---------- money, in the export's own currency
        currency_code,
        compensation_cny as compensation_amount,

        ---------- text
        text_sha256,

        ---------- times
        opened_at,

        ---------- lineage
        export_date,
        delivery_seq,
        row_number,
        file_id

    from source
    where superseded_load_id is null

),

latest as (

    {{ latest_wins('renamed') }}

),

latest_in_cny as (

    select
        latest.*,
        {{ in_cny('latest.compensation_amount') }} as compensation_cny

    from latest

    left join rates
        on
            latest.currency_code = rates.currency_code
            and cast(coalesce(latest.opened_at, latest.export_date) as date) >= rates.valid_from
            and cast(coalesce(latest.opened_at, latest.export_date) as date) < rates.valid_to

)

select * from latest_in_cny
