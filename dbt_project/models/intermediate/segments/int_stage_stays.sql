-- Grain: one row per customer and stay in a lifecycle stage, half-open.
with

entries as (

    select
        customer_key,
        valid_from,
        lifecycle_code,
        previous_lifecycle_code

    from {{ ref('customer_segments') }}
    where lifecycle_code is distinct from previous_lifecycle_code

),

stays as (

    select
        customer_key,
        lifecycle_code,
        previous_lifecycle_code,
        valid_from as began_on,
        -- null for the stage they are in
        lead(valid_from) over (partition by customer_key order by valid_from) as ended_on

    from entries

)

select * from stays
