-- Grain: one row per customer, known by whatever identifiers.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

segments as (

    -- everybody has one current period
    select * from {{ ref('customer_segments') }}
    where valid_to is null

),

known_periods as (

    select
        customer_key,
        min(valid_from) as known_since

    from {{ ref('customer_segments') }}
    group by customer_key

),

stays as (

    select * from {{ ref('int_stage_stays') }}
    where
        ladder_code = 'lifecycle'
        and ended_on is null

),

due_offers as (

    -- what they should be given now: of several offers the one that is due first
    select
        offer_stays.customer_key,
        offer_stays.offer_code,
        offer_stays.due_until

    from {{ ref('int_stage_offer_stays') }} as offer_stays

    cross join as_of

    where
        offer_stays.ended_on is null
        and offer_stays.offered_on is null
        and as_of.as_of < offer_stays.due_until

    qualify row_number() over (
        partition by offer_stays.customer_key
        order by offer_stays.due_until, offer_stays.offer_code
    ) = 1

),

rungs_reached as (

    select * from {{ ref('int_advocacy_rungs_reached') }}

),

lifecycle_rules as (

    select * from {{ ref('lifecycle_rules') }}

),

advocacy_rules as (

    select * from {{ ref('advocacy_rules') }}

),

rfm_rules as (

    select * from {{ ref('rfm_rules') }}

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

final as (

    select

        ---------- keys
        segments.customer_key,

        ---------- segments of as_of
        segments.lifecycle_code,
        segments.lifecycle_rule_code,
        stays.began_on as lifecycle_since,
        {{ reason_of('lifecycle_rules', {
            'days': 'as_of.as_of - cast(orders.last_order_at as date)',
            'from_day': 'lifecycle_rules.from_day',
            'to_day': 'lifecycle_rules.to_day',
        }) }} as lifecycle_reason,
        segments.advocacy_code,
        segments.advocacy_rule_code,
        coalesce(rungs_reached.reached_on, known_periods.known_since) as advocacy_since,
        {{ reason_of('advocacy_rules', {
            'day': 'coalesce(rungs_reached.reached_on, known_periods.known_since)',
            'from_count': 'advocacy_rules.from_count',
        }) }} as advocacy_reason,
        segments.rfm_code,
        segments.rfm_segment_code,
        segments.rfm_rule_code,
        {{ reason_of('rfm_rules', {
            'recency': 'segments.recency_score',
            'frequency': 'segments.frequency_score',
            'monetary': 'segments.monetary_score',
        }) }} as rfm_reason,

        ---------- what is due to them
        due_offers.offer_code as due_offer_code,
        due_offers.due_until as due_offer_until,

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
        known_periods.known_since

    from segments

    inner join known_periods
        on segments.customer_key = known_periods.customer_key

    inner join stays
        on segments.customer_key = stays.customer_key

    inner join lifecycle_rules
        on segments.lifecycle_rule_code = lifecycle_rules.rule_code

    inner join advocacy_rules
        on segments.advocacy_rule_code = advocacy_rules.rule_code

    left join due_offers
        on segments.customer_key = due_offers.customer_key

    left join rungs_reached
        on
            segments.customer_key = rungs_reached.customer_key
            and segments.advocacy_code = rungs_reached.advocacy_code

    left join rfm_rules
        on segments.rfm_rule_code = rfm_rules.rule_code

    cross join as_of

    left join registrations
        on segments.customer_key = registrations.customer_key

    left join orders
        on segments.customer_key = orders.customer_key

    left join voices
        on segments.customer_key = voices.customer_key

)

select * from final
