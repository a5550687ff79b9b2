-- Grain: one row per service contact that began by as_of. A view: int_service_contacts is a table, so nothing is stored
-- twice.
{{ config(materialized='view') }}

with

contacts as (

    select

        ---------- keys
        contact_key,
        channel_code,
        customer_key,

        ---------- codes
        stage_code,

        ---------- measures
        cast(round(response_minutes, 4) as double) as first_response_minutes,
        is_response_met,
        cast(csat_score as double) as csat_score,
        is_converted_order_known,
        cast(converted_net_cny as decimal(18, 2)) as converted_net_cny,
        is_ordered_after,

        ---------- times
        started_at,
        first_response_at

    from {{ ref('int_service_contacts') }}

)

select * from contacts
