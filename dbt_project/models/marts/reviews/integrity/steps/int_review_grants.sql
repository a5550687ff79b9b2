-- Grain: one row per review and reward that paid for it.
with

reviews as (

    select
        'review:' || record_key as voice_key,
        incentive_ref,
        order_ref

    from {{ ref('stg_reviews') }}
    where incentive_ref is not null or order_ref is not null

),

grants as (

    select * from {{ ref('stg_incentives') }}

),

named_grants as (

    select
        reviews.voice_key,
        grants.record_key as grant_key

    from reviews

    inner join grants
        on reviews.incentive_ref = grants.grant_ref

),

order_grants as (

    -- an offer that was not claimed rewarded nothing
    select
        reviews.voice_key,
        grants.record_key as grant_key

    from reviews

    inner join grants
        on
            reviews.order_ref = grants.order_ref
            and grants.claimed_at is not null

),

final as (

    select * from named_grants
    union
    select * from order_grants

)

select * from final
