-- Grain: one row per day, brand, product, channel and aspect (null: all voices).
with

voices as (

    select
        voices.voice_key,
        voices.brand_code,
        voices.product_key,
        voices.channel_code,
        cast(voices.posted_at as date) as posted_on,
        voices.is_negative

    from {{ ref('fct_voices') }} as voices
    where
        voices.brand_code is not null
        and {{ is_heard('voices') }}

),

aspects as (

    select * from {{ ref('fct_voice_aspects') }}

),

every_voice as (

    select
        posted_on,
        brand_code,
        product_key,
        channel_code,
        cast(null as string) as aspect_code,
        cast(count(*) as bigint) as voice_count,
        cast(count(*) filter (where is_negative) as bigint) as negative_count

    from voices
    group by
        posted_on,
        brand_code,
        product_key,
        channel_code

),

complaints as (

    select
        voices.posted_on,
        voices.brand_code,
        voices.product_key,
        voices.channel_code,
        aspects.aspect_code,
        cast(count(*) as bigint) as voice_count,
        cast(count(*) as bigint) as negative_count

    from aspects

    inner join voices
        on aspects.voice_key = voices.voice_key

    where {{ is_complaint('aspects', 'voices') }}
    group by
        voices.posted_on,
        voices.brand_code,
        voices.product_key,
        voices.channel_code,
        aspects.aspect_code

),

final as (

    select * from every_voice
    union all
    select * from complaints

)

select * from final
