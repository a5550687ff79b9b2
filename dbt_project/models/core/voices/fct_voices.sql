-- Grain: one row per voice.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='voice_key') }}

with

affected as (

    {{ affected_keys([
        changed_voice_texts('text_scores'),
        changed_by('reviews', "'review:' || record_key", 'order_ref', 'orders', 'order_ref'),
        changed_by('reviews', "'review:' || record_key", 'order_ref', 'order_items', 'order_ref'),
        changed_by('reviews', "'review:' || record_key", 'order_ref', 'incentives', 'order_ref'),
        changed_by('reviews', "'review:' || record_key", 'incentive_ref', 'incentives', 'grant_ref'),
        changed_by('mentions', "'mention:' || record_key", 'content_ref', 'collaborations', 'content_ref'),
        changed_by('mentions', "'mention:' || record_key", 'content_ref', 'content', 'content_ref'),
        changed_originals(),
        changed_attributions(),
    ]) }}

),

voices as (

    select * from {{ ref('int_voices') }}
    where {{ is_affected('voice_key') }}

),

scores as (

    select * from {{ ref('stg_text_scores') }}

),

calibrations as (

    select * from {{ ref('stg_score_calibrations') }}

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

brands as (

    select * from {{ ref('int_brands') }}

),

aliases as (

    select * from {{ ref('product_aliases') }}

),

products as (

    select
        coalesce(aliases.product_key, catalogue.product_ref) as product_key,
        max(catalogue.brand_code) as brand_code

    from {{ ref('stg_products') }} as catalogue

    left join aliases
        on catalogue.product_ref = aliases.product_ref

    group by coalesce(aliases.product_key, catalogue.product_ref)

),

buyers as (

    select
        order_ref,
        min(customer_ref) as customer_ref

    from {{ ref('stg_orders') }}
    where order_ref in (select voices.order_ref from voices)
    group by order_ref

),

sole_purchases as (

    -- for shops whose reviews name the order alone; of several products, it is not known which was meant
    select
        order_ref,
        min(product_ref) as product_ref

    from {{ ref('stg_order_items') }}
    where
        order_ref in (
            select voices.order_ref from voices
            where voices.product_ref is null
        )
    group by order_ref
    having count(distinct product_ref) = 1

),

grants as (

    select * from {{ ref('stg_incentives') }}

),

grants_by_ref as (

    select
        grant_ref,
        bool_or(coalesce(is_positive_required, false)) as is_praise_required

    from grants
    group by grant_ref

),

grants_by_order as (

    select
        order_ref,
        bool_or(coalesce(is_positive_required, false)) as is_praise_required

    from grants
    -- an offer that was not claimed rewarded nothing
    where claimed_at is not null and order_ref is not null
    group by order_ref

),

collaborations as (

    select
        content_ref,
        bool_and(coalesce(is_ad_disclosed, false)) as is_ad_disclosed

    from {{ ref('stg_collaborations') }}
    where content_ref is not null
    group by content_ref

),

brand_content as (

    -- what the brand made or bought, whoever posted it
    select distinct content_ref
    from {{ ref('stg_content') }}
    where ownership_code in ('owned', 'paid')

),

originals as (

    select * from {{ ref('int_voice_originals') }}

),

voices_with_product as (

    select
        voices.*,
        originals.original_voice_key,
        coalesce(
            aliases.product_key, voices.product_ref, originals.product_ref, sole_purchases.product_ref
        ) as product_key,
        coalesce(voices.stated_brand_code, originals.stated_brand_code) as said_brand_code,
        coalesce(buyers.customer_ref, voices.author_key) as identity_node

    from voices

    left join originals
        on voices.voice_key = originals.voice_key

    left join sole_purchases
        on
            voices.order_ref = sole_purchases.order_ref
            and voices.product_ref is null

    left join aliases
        on coalesce(voices.product_ref, originals.product_ref, sole_purchases.product_ref) = aliases.product_ref

    -- the customer of the order is better evidence than the author's name
    left join buyers
        on voices.order_ref = buyers.order_ref

),

sole_brand as (

    -- one row always; null unless exactly one brand is ours
    select case when count(*) = 1 then max(brand_code) end as brand_code
    from brands
    where is_own_brand

),

addressed_voices as (

    select
        voices_with_product.*,
        -- who writes to our service or reviews our store without naming a product means our brand, if we have only one
        case
            when voices_with_product.product_key is null and voices_with_product.voice_kind in ('review', 'case')
                then sole_brand.brand_code
        end as addressed_brand_code

    from voices_with_product

    cross join sole_brand

),

voices_with_brand as (

    select
        addressed_voices.*,
        case
            when products.brand_code is not null then 'product'
            when addressed_voices.said_brand_code is not null then 'stated'
            when addressed_voices.addressed_brand_code is not null then 'addressed'
        end as brand_basis_code,
        coalesce(
            products.brand_code, addressed_voices.said_brand_code, addressed_voices.addressed_brand_code
        ) as brand_code

    from addressed_voices

    left join products
        on addressed_voices.product_key = products.product_key

),

text_scores as (

    -- a text's score with its channel's calibration; a channel without a line of its own takes the pooled one
    select
        voices_with_brand.voice_key,
        scores.snownlp_score,
        scores.p_neutral,
        coalesce(own.slope, pooled.slope) as slope,
        coalesce(own.intercept, pooled.intercept) as intercept,
        -- of a text that is not neutral: a model of two classes knows no other
        scores.p_positive / nullif(1 - coalesce(scores.p_neutral, 0), 0) as p_positive_if_polar

    from voices_with_brand

    inner join scores
        on voices_with_brand.text_sha256 = scores.text_sha256

    left join calibrations as own
        on
            scores.scorer = own.scorer
            and scores.scorer_version = own.scorer_version
            and voices_with_brand.channel_code = own.channel_code

    left join calibrations as pooled
        on
            scores.scorer = pooled.scorer
            and scores.scorer_version = pooled.scorer_version
            and pooled.channel_code = '*'

),

calibrated_scores as (

    select
        voice_key,
        snownlp_score,
        p_neutral,
        -- digits beyond the sixth differ between machines
        round(
            (1 - coalesce(p_neutral, 0)) * {{ calibrated('p_positive_if_polar', 'slope', 'intercept') }}, 6
        ) as sentiment_score

    from text_scores

),

sentiments as (

    select
        voice_key,
        {{ sentiment_class('sentiment_score', 'p_neutral') }} as sentiment_code,
        sentiment_score,
        case
            when sentiment_score is null then null
            when p_neutral is null then 'abstention_band'
            else 'three_class'
        end as neutral_basis_code,
        snownlp_score

    from calibrated_scores

),

final as (

    select
        voices_with_brand.voice_key,
        voices_with_brand.voice_kind,
        voices_with_brand.mention_kind,
        voices_with_brand.voice_ref,
        voices_with_brand.is_public,
        voices_with_brand.original_voice_key,
        voices_with_brand.copied_kind is null as is_original,
        voices_with_brand.channel_code,
        voices_with_brand.brand_code,
        voices_with_brand.brand_basis_code,
        coalesce(brands.is_own_brand, false) as is_own_brand,
        voices_with_brand.product_key,
        voices_with_brand.author_key,
        voices_with_brand.author_kind,
        voices_with_brand.identity_node,
        identities.customer_key,
        voices_with_brand.posted_at,
        voices_with_brand.edited_at,
        voices_with_brand.deleted_at,
        voices_with_brand.text_sha256,
        voices_with_brand.rating_share,
        sentiments.sentiment_code,
        sentiments.sentiment_score,
        sentiments.neutral_basis_code,
        sentiments.snownlp_score,
        -- either evidence is enough, and one of them decides where the other is missing
        case
            when voices_with_brand.rating_share is null and sentiments.sentiment_code is null then null
            else
                coalesce(voices_with_brand.rating_share <= {{ var('negative_rating_at_most') }}, false)
                or coalesce(sentiments.sentiment_code = 'negative', false)
        end as is_negative,
        cast({{ var('negative_rule_version') }} as integer) as negative_rule_version,
        coalesce(voices_with_brand.author_kind, 'user') <> 'employee'
        and not coalesce(voices_with_brand.is_ad_disclosed, false)
        and collaborations.content_ref is null
        and brand_content.content_ref is null as is_earned,
        collaborations.content_ref is not null
        and not coalesce(voices_with_brand.is_ad_disclosed, collaborations.is_ad_disclosed)
            as is_undisclosed_collaboration,
        voices_with_brand.incentive_ref is not null or grants_by_order.order_ref is not null as is_incentivised,
        coalesce(grants_by_ref.is_praise_required, false)
        or coalesce(grants_by_order.is_praise_required, false) as is_praise_required,
        voices_with_brand.is_verified_purchase,
        voices_with_brand.follower_count,
        voices_with_brand.helpful_count,
        voices_with_brand.media_count,
        voices_with_brand.content_ref

    from voices_with_brand

    left join brands
        on voices_with_brand.brand_code = brands.brand_code

    left join identities
        on voices_with_brand.identity_node = identities.node

    left join sentiments
        on voices_with_brand.voice_key = sentiments.voice_key

    left join grants_by_ref
        on voices_with_brand.incentive_ref = grants_by_ref.grant_ref

    left join grants_by_order
        on voices_with_brand.order_ref = grants_by_order.order_ref

    left join collaborations
        on voices_with_brand.content_ref = collaborations.content_ref

    left join brand_content
        on voices_with_brand.content_ref = brand_content.content_ref

)

select * from final
