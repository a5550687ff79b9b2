-- Nobody who has an identity is without a stage, and nobody without an identity has one.
with

identified as (

    select distinct customer_key from {{ ref('int_customer_identities') }}

),

segmented as (

    select distinct customer_key from {{ ref('customer_segments') }}

)

select
    identified.customer_key as identified_key,
    segmented.customer_key as segmented_key

from identified

full outer join segmented
    on identified.customer_key = segmented.customer_key

where
    identified.customer_key is null
    or segmented.customer_key is null
