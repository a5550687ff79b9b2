-- Nobody who has an identity is without a stage, and nobody without an identity has one.
select
    identities.customer_key as identified_key,
    segments.customer_key as segmented_key

from (select distinct customer_key from {{ ref('int_customer_identities') }}) as identities

full outer join (select distinct customer_key from {{ ref('customer_segments') }}) as segments
    on identities.customer_key = segments.customer_key

where
    identities.customer_key is null
    or segments.customer_key is null
