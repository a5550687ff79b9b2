-- Every customer with an identity has a stage, and only they have one.
with

identified_customers as (

    select distinct customer_key from {{ ref('int_customer_identities') }}

),

customers_with_segments as (

    select distinct customer_key from {{ ref('customer_segments') }}

)

select
    identified_customers.customer_key as identified_key,
    customers_with_segments.customer_key as segmented_key

from identified_customers

full outer join customers_with_segments
    on identified_customers.customer_key = customers_with_segments.customer_key

where
    identified_customers.customer_key is null
    or customers_with_segments.customer_key is null
