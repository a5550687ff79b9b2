-- Grain: one row per grant of a stage's offer, with the lifecycle stage in which the customer then was.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

programmes as (

    select distinct
        program_code,
        offer_code
    from {{ ref('stage_offers') }}

),

offers as (

    select * from {{ ref('stage_offers') }}

),

incentives as (

    select * from {{ ref('stg_incentives') }}

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

stays as (

    select * from {{ ref('int_stage_stays') }}
    where ladder_code = 'lifecycle'

),

grants as (

    select
        incentives.record_key as grant_key,
        programmes.offer_code,
        -- null for a recipient that no other record names
        identities.customer_key,
        cast(incentives.offered_at as date) as offered_on,
        case when cast(incentives.claimed_at as date) <= as_of.as_of then cast(incentives.claimed_at as date) end
            as claimed_on,
        incentives.reward_cny

    from incentives

    inner join programmes
        on incentives.program_code = programmes.program_code

    inner join as_of
        on cast(incentives.offered_at as date) <= as_of.as_of

    left join identities
        on incentives.customer_ref = identities.node

),

grants_with_stay as (

    select
        grants.grant_key,
        grants.offer_code,
        grants.customer_key,
        grants.offered_on,
        grants.claimed_on,
        grants.reward_cny,
        stays.stage_code as lifecycle_code,
        stays.began_on as stage_began_on,
        offers.offer_code is not null as is_right_stage,
        grants.offered_on - stays.began_on as stage_day,
        -- who is given the same twice in one stay was given it once, and again
        row_number() over (
            partition by grants.offer_code, grants.customer_key, stays.began_on
            order by grants.offered_on, grants.grant_key
        ) as grant_number

    from grants

    left join stays
        on
            grants.customer_key = stays.customer_key
            and grants.offered_on >= stays.began_on
            and (grants.offered_on < stays.ended_on or stays.ended_on is null)

    left join offers
        on
            grants.offer_code = offers.offer_code
            and stays.stage_code = offers.lifecycle_code

)

select * from grants_with_stay
