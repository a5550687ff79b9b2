-- Grain: one row per invitation, with what its own facts exclude; loops are found when the tree is known.
with

identities as (

    select * from {{ ref('int_customer_identities') }}

),

{{ registrations() }},

invites as (

    select
        referrals.record_key as referral_key,
        referrals.channel_code,
        referrals.invite_code,
        inviters.customer_key as inviter_customer_key,
        invitees.customer_key as invitee_customer_key,
        referrals.sent_at,
        referrals.clicked_at,
        referrals.registered_at,
        -- a person with several memberships joined with the first
        coalesce(registrations.registered_at <= referrals.sent_at, false) as is_existing

    from {{ ref('stg_referrals') }} as referrals

    inner join identities as inviters
        on referrals.inviter_ref = inviters.node

    left join identities as invitees
        on referrals.invitee_ref = invitees.node

    left join registrations
        on invitees.customer_key = registrations.customer_key

),

device_links as (

    select
        links.node,
        links.other

    from {{ ref('int_customer_links') }} as links

    inner join {{ ref('identity_rules') }} as rules
        on links.identity_kind = rules.identity_kind

    where rules.is_device

),

-- a shop's tablet registers hundreds of people, so sharing it is no evidence
private_devices as (

    select node
    from device_links
    group by node
    having count(*) <= {{ var('referral_device_maximum_customers') }}

),

devices as (

    select distinct
        identities.customer_key,
        device_links.node as device

    from device_links

    inner join private_devices
        on device_links.node = private_devices.node

    inner join identities
        on device_links.other = identities.node

),

invites_with_shared_device as (

    select distinct invites.referral_key

    from invites

    inner join devices as inviter_devices
        on invites.inviter_customer_key = inviter_devices.customer_key

    inner join devices as invitee_devices
        on
            invites.invitee_customer_key = invitee_devices.customer_key
            and inviter_devices.device = invitee_devices.device

),

invites_by_device as (

    select
        invites.referral_key,
        invites.invitee_customer_key,
        first_value(invites.invitee_customer_key) over (
            partition by invites.inviter_customer_key, devices.device
            order by invites.registered_at, invites.sent_at, invites.referral_key
        ) as first_invitee_customer_key

    from invites

    inner join devices
        on invites.invitee_customer_key = devices.customer_key

    where
        invites.registered_at is not null
        and invites.inviter_customer_key <> invites.invitee_customer_key
        and not invites.is_existing

),

invites_with_reused_device as (

    select distinct referral_key
    from invites_by_device
    where invitee_customer_key <> first_invitee_customer_key

),

invites_with_own_code as (

    select
        invites.*,
        case
            when invites.inviter_customer_key = invites.invitee_customer_key then 'self'
            when invites.is_existing then 'existing'
            when
                invites_with_shared_device.referral_key is not null
                or invites_with_reused_device.referral_key is not null
                then 'duplicate_device'
        end as own_code

    from invites

    left join invites_with_shared_device
        on invites.referral_key = invites_with_shared_device.referral_key

    left join invites_with_reused_device
        on invites.referral_key = invites_with_reused_device.referral_key

),

invites_with_rank as (

    select
        *,
        row_number() over (
            partition by invitee_customer_key, own_code is null, registered_at is null
            order by registered_at, sent_at, referral_key
        ) as invitee_rank

    from invites_with_own_code

),

final as (

    select
        referral_key,
        channel_code,
        invite_code,
        inviter_customer_key,
        invitee_customer_key,
        sent_at,
        clicked_at,
        registered_at,
        case
            when own_code is not null then own_code
            -- the first registration wins
            when invitee_customer_key is not null and registered_at is not null and invitee_rank > 1 then 'duplicate'
        end as excluded_code

    from invites_with_rank

)

select * from final
