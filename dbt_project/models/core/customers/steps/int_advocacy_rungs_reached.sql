-- Grain: one row per customer and rung of the advocacy ladder that they have reached, with the day and the rule met.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

rules as (

    select * from {{ ref('advocacy_rules') }}

),

purchases as (

    select * from {{ ref('int_purchase_days') }}
    -- the first few purchase days decide who has bought for years
    where purchase_number <= (select max(from_count) from rules)

),

voices as (

    select * from {{ ref('int_customer_voices') }}

),

surveys as (

    select * from {{ ref('fct_surveys') }}

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

invitees as (

    select
        inviters.customer_key,
        referrals.registered_at

    from {{ ref('stg_referrals') }} as referrals

    inner join identities as inviters
        on referrals.inviter_ref = inviters.node

    inner join identities as invitees
        on referrals.invitee_ref = invitees.node

    -- an invitation to a second account of one's own is no referral
    where
        referrals.registered_at is not null
        and inviters.customer_key <> invitees.customer_key

    -- and who was invited twice was brought by the first
    qualify row_number() over (
        partition by invitees.customer_key
        order by referrals.registered_at, referrals.sent_at, referrals.record_key
    ) = 1

),

deeds as (

    select
        customer_key,
        'purchase_day' as deed_code,
        purchased_on as done_on,
        purchase_number as deed_number
    from purchases

    union all

    select
        customer_key,
        'voice' as deed_code,
        cast(posted_at as date) as done_on,
        row_number() over (partition by customer_key order by posted_at, voice_key) as deed_number
    from voices

    union all

    -- praise is a good rating without an incentive
    select
        customer_key,
        'praise' as deed_code,
        cast(posted_at as date) as done_on,
        row_number() over (partition by customer_key order by posted_at, voice_key) as deed_number
    from voices
    where
        rating_share >= {{ var('positive_rating_from') }}
        and not is_incentivised

    union all

    select
        customer_key,
        'promoter_answer' as deed_code,
        cast(answered_at as date) as done_on,
        row_number() over (partition by customer_key order by answered_at, survey_key) as deed_number
    from surveys
    where
        customer_key is not null
        and nps_group_code = 'promoter'

    union all

    select
        customer_key,
        'invitee' as deed_code,
        cast(registered_at as date) as done_on,
        row_number() over (partition by customer_key order by registered_at) as deed_number
    from invitees

),

deeds_with_rung as (

    select
        deeds.customer_key,
        rules.advocacy_code,
        rules.rule_number,
        rules.rule_code,
        deeds.done_on as reached_on

    from deeds

    inner join rules
        on
            deeds.deed_code = rules.deed_code
            and deeds.deed_number = rules.from_count

    inner join as_of
        on deeds.done_on <= as_of.as_of

),

first_reached as (

    -- of two rules for a rung the one that was met first, of two met on one day the first by number
    select
        customer_key,
        advocacy_code,
        rule_number,
        rule_code,
        reached_on

    from deeds_with_rung
    qualify row_number() over (partition by customer_key, advocacy_code order by reached_on, rule_number) = 1

)

select * from first_reached
