-- Grain: one row per unpaid, original, public voice of a customer about our brands.
with

voices as (

    select * from {{ ref('fct_voices') }}

),

customer_voices as (

    select
        voice_key,
        customer_key,
        channel_code,
        product_key,
        posted_at,
        rating_share,
        is_incentivised

    from voices
    where
        customer_key is not null
        and posted_at is not null
        -- a case is a request for help, and a copy is no second voice
        and voice_kind in ('review', 'mention')
        and is_public
        and is_earned
        and is_original
        and is_own_brand

)

select * from customer_voices
