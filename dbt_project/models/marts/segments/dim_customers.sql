-- Grain: one row per customer, known by whatever identifiers.
with

segments as (

    -- everybody has one current period
    select * from {{ ref('customer_segments') }}
    where valid_to is null

),

known as (

    select
        customer_key,
        min(valid_from) as known_since

    from {{ ref('customer_segments') }}
    group by customer_key

),

registrations as (

    select
        identities.customer_key,
        min(customers.registered_at) over (partition by identities.customer_key) as registered_at,
        min(customers.private_domain_joined_at) over (partition by identities.customer_key) as private_domain_joined_at,
        customers.member_level_code,
        customers.region_code,
        customers.birth_year,
        customers.acquisition_channel_code,
        -- consent given to one account is none given to another
        bool_and(coalesce(customers.is_marketing_consented, false)) over (partition by identities.customer_key)
            as is_marketing_consented

    from {{ ref('stg_customers') }} as customers

    inner join {{ ref('int_customer_identities') }} as identities
        on customers.customer_ref = identities.node

    -- of several accounts the newest describes the person
    qualify row_number() over (
        partition by identities.customer_key
        order by customers.registered_at desc nulls last, customers.record_key asc
    ) = 1

),

orders as (

    select
        customer_key,
        min(ordered_at) as first_order_at,
        max(ordered_at) as last_order_at,
        count(*) as order_count,
        sum(net_cny - refunded_cny) as net_cny

    from {{ ref('fct_orders') }}
    where
        is_valid
        and customer_key is not null
    group by customer_key

),

voices as (

    select
        customer_key,
        count(*) as voice_count

    from {{ ref('int_customer_voices') }}
    group by customer_key

),

joined as (

    select

        ---------- keys
        segments.customer_key,

        ---------- segments of as_of
        segments.lifecycle_code,
        segments.advocacy_code,
        segments.rfm_code,
        segments.rfm_segment_code,

        ---------- orders
        orders.first_order_at,
        orders.last_order_at,
        cast(coalesce(orders.order_count, 0) as bigint) as order_count,
        cast(coalesce(orders.net_cny, 0) as decimal(18, 2)) as net_cny,

        ---------- voices
        cast(coalesce(voices.voice_count, 0) as bigint) as voice_count,

        ---------- the register
        registrations.customer_key is not null as is_registered,
        registrations.registered_at,
        registrations.member_level_code,
        registrations.region_code,
        registrations.birth_year,
        registrations.acquisition_channel_code,
        registrations.is_marketing_consented,
        registrations.private_domain_joined_at,
        known.known_since

    from segments

    inner join known
        on segments.customer_key = known.customer_key

    left join registrations
        on segments.customer_key = registrations.customer_key

    left join orders
        on segments.customer_key = orders.customer_key

    left join voices
        on segments.customer_key = voices.customer_key

)

select * from joined
