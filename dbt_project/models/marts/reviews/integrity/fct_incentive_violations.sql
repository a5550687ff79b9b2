-- Grain: one row per reward that requires a positive review, and review that it paid for.
with

grants as (

    select * from {{ ref('stg_incentives') }}
    where is_positive_required

),

review_grants as (

    select * from {{ ref('int_review_grants') }}

),

reviews as (

    select
        voice_key,
        brand_code,
        product_key,
        posted_at,
        deleted_at,
        rating_share,
        sentiment_code

    from {{ ref('fct_voices') }}
    where voice_kind = 'review'

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

final as (

    select

        ---------- keys
        grants.record_key || coalesce(' > ' || reviews.voice_key, '') as violation_key,
        grants.record_key as grant_key,
        reviews.voice_key,
        identities.customer_key,

        ---------- ids and codes
        grants.channel_code,
        grants.grant_ref,
        grants.program_code,
        grants.order_ref,
        reviews.brand_code,
        reviews.product_key,
        case
            when reviews.voice_key is not null then 'reviewed'
            when grants.claimed_at is not null then 'claimed'
            else 'offered'
        end as stage_code,

        ---------- measures
        grants.reward_cny,
        reviews.rating_share,
        reviews.sentiment_code,
        grants.is_disclosed,

        ---------- times
        grants.offered_at,
        grants.claimed_at,
        reviews.posted_at,
        reviews.deleted_at

    from grants

    left join review_grants
        on grants.record_key = review_grants.grant_key

    left join reviews
        on review_grants.voice_key = reviews.voice_key

    left join identities
        on grants.customer_ref = identities.node

)

select * from final
