-- Grain: one row per voice.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='voice_key') }}

{#- a voice whose original, or whose original's original, landed or changed: it may point elsewhere now -#}
{%- set changed_copies %}
    with recursive heard (ref_kind, voice_ref) as (
        select 'review', changed.affected_key from ({{ changed_in('reviews', 'review_ref') }}) as changed
        union
        select 'mention', changed.affected_key from ({{ changed_in('mentions', 'mention_ref') }}) as changed
        union
        select copies.ref_kind, copies.voice_ref
        from heard
        inner join {{ ref('int_voices') }} as copies
            on heard.ref_kind = copies.copied_kind and heard.voice_ref = copies.copied_ref
    )

    select copies.voice_key
    from heard
    inner join {{ ref('int_voices') }} as copies
        on heard.ref_kind = copies.copied_kind and heard.voice_ref = copies.copied_ref
{%- endset -%}

{#- identities, catalogues and brands come whole every night, so what matters is what they say now -#}
{%- set reattributed %}
    select voices.voice_key
    from {{ this }} as voices
    left join {{ ref('int_customer_identities') }} as identities on voices.identity_node = identities.node
    left join (
        select coalesce(aliases.product_key, products.product_ref) as product_key, max(products.brand_code) as brand_code
        from {{ ref('stg_products') }} as products
        left join {{ ref('product_aliases') }} as aliases on products.product_ref = aliases.product_ref
        group by coalesce(aliases.product_key, products.product_ref)
    ) as products on voices.product_key = products.product_key
    left join {{ ref('int_brands') }} as brands on voices.brand_code = brands.brand_code
    cross join (
        select case when count(*) = 1 then max(brand_code) end as brand_code
        from {{ ref('int_brands') }}
        where is_own_brand
    ) as sole_brand
    where
        voices.customer_key is distinct from identities.customer_key
        -- what the catalogue says of the product, against what it said when the voice was built
        or products.brand_code is distinct from
        case when voices.brand_basis_code = 'product' then voices.brand_code end
        or voices.is_own_brand <> coalesce(brands.is_own_brand, false)
        or (
            voices.product_key is null
            and voices.voice_kind in ('review', 'case')
            and voices.brand_basis_code is distinct from 'stated'
            and voices.brand_code is distinct from sole_brand.brand_code
        )
{%- endset -%}

with recursive

affected as (

    {{ affected_keys([
        changed_in('reviews', "'review:' || record_key"),
        changed_in('mentions', "'mention:' || record_key"),
        changed_in('cases', "'case:' || record_key"),
        changed_by('reviews', "'review:' || record_key", 'text_sha256', 'text_scores', 'text_sha256'),
        changed_by('mentions', "'mention:' || record_key", 'text_sha256', 'text_scores', 'text_sha256'),
        changed_by('cases', "'case:' || record_key", 'text_sha256', 'text_scores', 'text_sha256'),
        changed_by('reviews', "'review:' || record_key", 'order_ref', 'orders', 'order_ref'),
        changed_by('reviews', "'review:' || record_key", 'order_ref', 'order_items', 'order_ref'),
        changed_by('reviews', "'review:' || record_key", 'order_ref', 'incentives', 'order_ref'),
        changed_by('reviews', "'review:' || record_key", 'incentive_ref', 'incentives', 'grant_ref'),
        changed_by('mentions', "'mention:' || record_key", 'content_ref', 'collaborations', 'content_ref'),
        changed_by('mentions', "'mention:' || record_key", 'content_ref', 'content', 'content_ref'),
        changed_copies,
        reattributed,
    ]) }}

),

voices as (

    select * from {{ ref('int_voices') }}
    where {{ is_affected('voice_key') }}

),

every_voice as (

    select
        voice_key,
        ref_kind,
        voice_ref,
        stated_brand_code,
        product_ref,
        copied_kind,
        copied_ref

    from {{ ref('int_voices') }}

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

    -- a shop whose reviews name the order alone: of several products nobody can say which was meant
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
    -- an offer that nobody took up rewarded nothing
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

commissioned as (

    -- what the brand made or bought, whoever posted it
    select distinct content_ref
    from {{ ref('stg_content') }}
    where ownership_code in ('owned', 'paid')

),

-- from a copy to what it copies, and on while that is a copy too; a loop ends by depth
origins (voice_key, ref_kind, voice_ref, depth) as (

    select
        voice_key,
        copied_kind,
        copied_ref,
        1

    from voices
    where copied_kind is not null

    union all

    select
        origins.voice_key,
        every_voice.copied_kind,
        every_voice.copied_ref,
        origins.depth + 1

    from origins

    inner join every_voice
        on
            origins.ref_kind = every_voice.ref_kind
            and origins.voice_ref = every_voice.voice_ref

    where
        every_voice.copied_kind is not null
        and origins.depth < 20

),

originals as (

    -- the farthest that was heard; an original outside the exports has no row to point to
    select
        origins.voice_key,
        every_voice.voice_key as original_voice_key,
        every_voice.stated_brand_code,
        every_voice.product_ref

    from origins

    inner join every_voice
        on
            origins.ref_kind = every_voice.ref_kind
            and origins.voice_ref = every_voice.voice_ref

    where every_voice.voice_key <> origins.voice_key
    qualify row_number() over (
        partition by origins.voice_key
        order by origins.depth desc, every_voice.voice_key asc
    ) = 1

),

placed as (

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

    -- who ordered is firmer than what the author calls himself
    left join buyers
        on voices.order_ref = buyers.order_ref

),

sole_brand as (

    -- one row always; null unless exactly one brand is ours
    select case when count(*) = 1 then max(brand_code) end as brand_code
    from brands
    where is_own_brand

),

addressed as (

    select
        placed.*,
        -- who writes to our service or reviews our store, naming no product, means us, as long as we are one brand
        case
            when placed.product_key is null and placed.voice_kind in ('review', 'case') then sole_brand.brand_code
        end as addressed_brand_code

    from placed

    cross join sole_brand

),

branded as (

    select
        addressed.*,
        case
            when products.brand_code is not null then 'product'
            when addressed.said_brand_code is not null then 'stated'
            when addressed.addressed_brand_code is not null then 'addressed'
        end as brand_basis_code,
        coalesce(products.brand_code, addressed.said_brand_code, addressed.addressed_brand_code) as brand_code

    from addressed

    left join products
        on addressed.product_key = products.product_key

),

heard as (

    -- what the text says in the channel where it was said; a channel without a line of its own takes the pooled one
    select
        branded.voice_key,
        scores.snownlp_score,
        scores.p_neutral,
        coalesce(own.slope, pooled.slope) as slope,
        coalesce(own.intercept, pooled.intercept) as intercept,
        -- of a text that is not neutral: a model of two classes knows no other
        scores.p_positive / nullif(1 - coalesce(scores.p_neutral, 0), 0) as p_positive_if_polar

    from branded

    inner join scores
        on branded.text_sha256 = scores.text_sha256

    left join calibrations as own
        on
            scores.scorer = own.scorer
            and scores.scorer_version = own.scorer_version
            and branded.channel_code = own.channel_code

    left join calibrations as pooled
        on
            scores.scorer = pooled.scorer
            and scores.scorer_version = pooled.scorer_version
            and pooled.channel_code = '*'

),

scored as (

    select
        voice_key,
        snownlp_score,
        p_neutral,
        -- what lies beyond six digits is the machine's, not the text's
        round(
            (1 - coalesce(p_neutral, 0)) * {{ calibrated('p_positive_if_polar', 'slope', 'intercept') }}, 6
        ) as sentiment_score

    from heard

),

judged as (

    select
        branded.voice_key,
        branded.voice_kind,
        branded.mention_kind,
        branded.voice_ref,
        branded.is_public,
        branded.original_voice_key,
        branded.copied_kind is null as is_original,
        branded.channel_code,
        branded.brand_code,
        branded.brand_basis_code,
        coalesce(brands.is_own_brand, false) as is_own_brand,
        branded.product_key,
        branded.author_key,
        branded.author_kind,
        branded.identity_node,
        identities.customer_key,
        branded.posted_at,
        branded.edited_at,
        branded.deleted_at,
        branded.text_sha256,
        branded.rating_share,
        {{ sentiment_class('scored.sentiment_score', 'scored.p_neutral') }} as sentiment_code,
        scored.sentiment_score,
        case
            when scored.sentiment_score is null then null
            when scored.p_neutral is null then 'abstention_band'
            else 'three_class'
        end as neutral_basis_code,
        scored.snownlp_score,
        coalesce(branded.author_kind, 'user') <> 'employee'
        and not coalesce(branded.is_ad_disclosed, false)
        and collaborations.content_ref is null
        and commissioned.content_ref is null as is_earned,
        collaborations.content_ref is not null
        and not coalesce(branded.is_ad_disclosed, collaborations.is_ad_disclosed) as is_undisclosed_collaboration,
        branded.incentive_ref is not null or grants_by_order.order_ref is not null as is_incentivised,
        coalesce(grants_by_ref.is_praise_required, false)
        or coalesce(grants_by_order.is_praise_required, false) as is_praise_required,
        branded.is_verified_purchase,
        branded.follower_count,
        branded.helpful_count,
        branded.media_count,
        branded.content_ref

    from branded

    left join brands
        on branded.brand_code = brands.brand_code

    left join identities
        on branded.identity_node = identities.node

    left join scored
        on branded.voice_key = scored.voice_key

    left join grants_by_ref
        on branded.incentive_ref = grants_by_ref.grant_ref

    left join grants_by_order
        on branded.order_ref = grants_by_order.order_ref

    left join collaborations
        on branded.content_ref = collaborations.content_ref

    left join commissioned
        on branded.content_ref = commissioned.content_ref

),

final as (

    select
        voice_key,
        voice_kind,
        mention_kind,
        voice_ref,
        is_public,
        original_voice_key,
        is_original,
        channel_code,
        brand_code,
        brand_basis_code,
        is_own_brand,
        product_key,
        author_key,
        author_kind,
        identity_node,
        customer_key,
        posted_at,
        edited_at,
        deleted_at,
        text_sha256,
        rating_share,
        sentiment_code,
        sentiment_score,
        neutral_basis_code,
        snownlp_score,
        -- either evidence is enough, and one of them decides where the other is missing
        case
            when rating_share is null and sentiment_code is null then null
            else
                coalesce(rating_share <= {{ var('negative_rating_at_most') }}, false)
                or coalesce(sentiment_code = 'negative', false)
        end as is_negative,
        cast({{ var('negative_rule_version') }} as integer) as negative_rule_version,
        is_earned,
        is_undisclosed_collaboration,
        is_incentivised,
        is_praise_required,
        is_verified_purchase,
        follower_count,
        helpful_count,
        media_count,
        content_ref

    from judged

)

select * from final
