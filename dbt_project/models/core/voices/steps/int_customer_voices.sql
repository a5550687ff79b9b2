-- Grain: one row per voice by which a customer speaks of our brands of their own accord.
with

voices as (

    select * from {{ ref('fct_voices') }}

),

spoken as (

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
        -- a case is a request for help, and a copy was not spoken twice
        and voice_kind in ('review', 'mention')
        and is_public
        and is_earned
        and is_original
        and is_own_brand

)

select * from spoken
