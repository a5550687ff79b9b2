-- Grain: one row per customer and rung of the advocacy ladder that they have reached, with the first day on it.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

purchases as (

    select * from {{ ref('int_purchase_days') }}

),

voices as (

    select
        *,
        coalesce(rating_share >= 0.8 and not is_incentivised, false) as is_praise
    from {{ ref('int_customer_voices') }}

),

surveys as (

    select * from {{ ref('fct_surveys') }}

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

praises as (

    select
        customer_key,
        cast(posted_at as date) as reached_on,
        row_number() over (partition by customer_key order by posted_at, voice_key) as praise_number

    from voices
    where is_praise

),

referrals as (

    select
        inviters.customer_key,
        cast(referrals.registered_at as date) as reached_on

    from {{ ref('stg_referrals') }} as referrals

    inner join identities as inviters
        on referrals.inviter_ref = inviters.node

    inner join identities as invitees
        on referrals.invitee_ref = invitees.node

    -- who invites a second account of their own has brought nobody
    where
        referrals.registered_at is not null
        and inviters.customer_key <> invitees.customer_key

    -- and who was invited twice was brought by the first
    qualify row_number() over (
        partition by invitees.customer_key
        order by referrals.registered_at, referrals.sent_at, referrals.record_key
    ) = 1

),

reached as (

    select
        customer_key,
        case purchase_number when 1 then 'buyer' else 'repeat' end as advocacy_code,
        purchased_on as reached_on
    from purchases
    where purchase_number <= 2

    union all

    select
        customer_key,
        'reviewer' as advocacy_code,
        cast(posted_at as date) as reached_on
    from voices

    union all

    -- an advocate has praised twice unpaid, or says that they would recommend the brand
    select
        customer_key,
        'advocate' as advocacy_code,
        reached_on
    from praises
    where praise_number = 2

    union all

    select
        customer_key,
        'advocate' as advocacy_code,
        cast(answered_at as date) as reached_on
    from surveys
    where
        customer_key is not null
        and nps_group_code = 'promoter'

    union all

    select
        customer_key,
        'referrer' as advocacy_code,
        reached_on
    from referrals

),

first_reached as (

    select
        reached.customer_key,
        reached.advocacy_code,
        min(reached.reached_on) as reached_on

    from reached

    inner join as_of
        on reached.reached_on <= as_of.as_of

    group by reached.customer_key, reached.advocacy_code

)

select * from first_reached
