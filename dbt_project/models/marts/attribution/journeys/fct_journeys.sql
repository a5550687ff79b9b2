-- Grain: one row per journey of a customer toward a goal, whether it converted or not. A view: int_journeys is
-- incremental, so nothing is stored twice.
{{ config(materialized='view') }}

with

journeys as (

    select

        ---------- keys
        path_key,
        customer_key,
        conversion_key,
        product_key,

        ---------- codes
        goal_code,

        ---------- what became of it
        is_converted,
        is_censored,

        ---------- measures
        touch_count,
        value_cny,

        ---------- times
        month_start,
        started_at,
        ended_at,
        converted_at

    from {{ ref('int_journeys') }}

)

select * from journeys
