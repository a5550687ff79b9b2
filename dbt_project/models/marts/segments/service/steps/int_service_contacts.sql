-- Grain: one row per service contact that began by as_of.
with

contacts as (

    select * from {{ ref('stg_service_contacts') }}

),

as_of as (

    select * from {{ ref('stg_as_of') }}

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

orders as (

    select * from {{ ref('fct_orders') }}
    where is_valid

),

contacts_with_customer as (

    select
        contacts.record_key as contact_key,
        contacts.channel_code,
        coalesce(contacts.stage_code, 'unknown') as stage_code,
        identities.customer_key,
        contacts.started_at,
        -- a response after as_of does not count yet
        case when contacts.first_response_at < as_of.as_of_end_at then contacts.first_response_at end
            as first_response_at,
        contacts.csat_score,
        contacts.converted_order_ref,
        as_of.as_of_end_at

    from contacts

    inner join as_of
        on contacts.started_at < as_of.as_of_end_at

    left join identities
        on contacts.customer_ref = identities.node

),

contacts_with_times as (

    select
        *,
        case
            -- clocks of two systems may differ by seconds
            when first_response_at <= started_at then 0
            else {{ minutes_between('started_at', 'first_response_at') }}
        end as response_minutes,
        {{ minutes_between('started_at', 'as_of_end_at') }} as known_minutes

    from contacts_with_customer

),

next_orders as (

    -- the next order after advice, whatever outcome the export gives
    select
        contacts_with_times.contact_key,
        min(orders.ordered_at) as next_ordered_at

    from contacts_with_times

    inner join orders
        on
            contacts_with_times.customer_key = orders.customer_key
            and contacts_with_times.started_at < orders.ordered_at
            and {{ plus_minutes('contacts_with_times.started_at', var('advice_conversion_days') * 1440) }}
            >= orders.ordered_at

    where contacts_with_times.stage_code = 'pre_sale'
    group by contacts_with_times.contact_key

),

converted_orders as (

    -- one order per ref, also where a contract's key keeps several rows of it
    select
        order_ref,
        net_cny - refunded_cny as net_cny

    from orders
    qualify row_number() over (partition by order_ref order by order_key) = 1

),

final as (

    select
        contacts_with_times.contact_key,
        contacts_with_times.channel_code,
        contacts_with_times.stage_code,
        contacts_with_times.customer_key,
        contacts_with_times.started_at,
        contacts_with_times.first_response_at,
        contacts_with_times.response_minutes,
        case
            when contacts_with_times.response_minutes is not null
                then contacts_with_times.response_minutes <= {{ var('service_response_target_minutes') }}
            -- null while not yet due
            when contacts_with_times.known_minutes > {{ var('service_response_target_minutes') }} then false
        end as is_response_met,
        contacts_with_times.csat_score,
        contacts_with_times.converted_order_ref,
        converted_orders.order_ref is not null as is_converted_order_known,
        -- the amount of an order belongs to the last of its contacts, so that sums count it once
        case
            when
                row_number() over (
                    partition by converted_orders.order_ref
                    order by contacts_with_times.started_at desc, contacts_with_times.contact_key desc
                ) = 1
                then converted_orders.net_cny
        end as converted_net_cny,
        case
            when next_orders.next_ordered_at is not null then true
            when
                contacts_with_times.stage_code = 'pre_sale'
                and contacts_with_times.customer_key is not null
                and contacts_with_times.known_minutes >= {{ var('advice_conversion_days') * 1440 }}
                then false
        end as is_ordered_after

    from contacts_with_times

    left join next_orders
        on contacts_with_times.contact_key = next_orders.contact_key

    left join converted_orders
        on contacts_with_times.converted_order_ref = converted_orders.order_ref

)

select * from final
