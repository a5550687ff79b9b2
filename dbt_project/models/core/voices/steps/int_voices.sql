-- Grain: one row per utterance of the market, in one shape whatever feed it came through.
{{ config(materialized='view') }}

with

reviews as (

    select
        'review:' || record_key as voice_key,
        'review' as voice_kind,
        cast(null as string) as mention_kind,
        'review' as ref_kind,
        review_ref as voice_ref,
        true as is_public,
        channel_code,
        cast(null as string) as stated_brand_code,
        product_ref,
        order_ref,
        incentive_ref,
        cast(null as string) as content_ref,
        author_ref as author_key,
        cast(null as string) as author_kind,
        cast(null as boolean) as is_ad_disclosed,
        is_verified_purchase,
        posted_at,
        edited_at,
        deleted_at,
        text_sha256,
        rating_raw / nullif(rating_max, 0) as rating_share,
        cast(null as bigint) as follower_count,
        helpful_count,
        media_count,
        case when source_review_ref is not null then 'review' end as copied_kind,
        source_review_ref as copied_ref

    from {{ ref('stg_reviews') }}

),

mentions as (

    select
        'mention:' || record_key as voice_key,
        case when mention_kind = 'message' then 'message' else 'mention' end as voice_kind,
        mention_kind,
        'mention' as ref_kind,
        mention_ref as voice_ref,
        -- private messages and remarks noted offline cannot be read by others
        coalesce(mention_kind not in ('message', 'offline'), true) as is_public,
        channel_code,
        brand_code as stated_brand_code,
        product_ref,
        cast(null as string) as order_ref,
        cast(null as string) as incentive_ref,
        content_ref,
        author_ref as author_key,
        author_kind,
        is_ad_disclosed,
        cast(null as boolean) as is_verified_purchase,
        posted_at,
        cast(null as timestamp) as edited_at,
        cast(null as timestamp) as deleted_at,
        text_sha256,
        cast(null as double) as rating_share,
        follower_count,
        cast(null as bigint) as helpful_count,
        cast(null as bigint) as media_count,
        -- a comment or an answer says something of its own; a post or a video with a parent passes it on
        case when parent_ref is not null and mention_kind in ('post', 'video') then 'mention' end as copied_kind,
        case when mention_kind in ('post', 'video') then parent_ref end as copied_ref

    from {{ ref('stg_mentions') }}

),

cases as (

    select
        'case:' || record_key as voice_key,
        'case' as voice_kind,
        cast(null as string) as mention_kind,
        'case' as ref_kind,
        case_ref as voice_ref,
        false as is_public,
        channel_code,
        cast(null as string) as stated_brand_code,
        cast(null as string) as product_ref,
        cast(null as string) as order_ref,
        cast(null as string) as incentive_ref,
        cast(null as string) as content_ref,
        customer_ref as author_key,
        cast(null as string) as author_kind,
        cast(null as boolean) as is_ad_disclosed,
        cast(null as boolean) as is_verified_purchase,
        opened_at as posted_at,
        cast(null as timestamp) as edited_at,
        cast(null as timestamp) as deleted_at,
        text_sha256,
        cast(null as double) as rating_share,
        cast(null as bigint) as follower_count,
        cast(null as bigint) as helpful_count,
        cast(null as bigint) as media_count,
        -- opened by an agent about a voice that is here already
        case when source_kind in ('review', 'mention') and source_ref is not null then source_kind end as copied_kind,
        case when source_kind in ('review', 'mention') then source_ref end as copied_ref

    from {{ ref('stg_cases') }}
    -- a case without an opening text is no voice
    where text_sha256 is not null

),

voices as (

    select * from reviews
    union all
    select * from mentions
    union all
    select * from cases

)

select * from voices
