-- Grain: one row per review that is worth spreading.
with

as_of as (

    select * from {{ ref('stg_as_of') }}

),

reviews as (

    select voices.*
    from {{ ref('fct_voices') }} as voices

    cross join as_of

    where
        voices.voice_kind = 'review'
        and voices.is_own_brand
        and voices.is_original
        and voices.deleted_at is null
        and voices.is_verified_purchase
        and voices.rating_share >= {{ var('positive_rating_from') }}
        and coalesce(voices.sentiment_code, 'positive') = 'positive'
        and voices.is_earned
        and not voices.is_incentivised
        and cast(voices.posted_at as date) > as_of.as_of - {{ var('content_candidate_days') }}

),

texts as (

    select
        texts.text_sha256,
        texts.text_content,
        minhash.letter_count

    from {{ ref('stg_texts') }} as texts

    inner join {{ ref('stg_text_minhash') }} as minhash
        on texts.text_sha256 = minhash.text_sha256

    where
        minhash.letter_count >= {{ var('content_fewest_letters') }}
        -- redacted texts contain a mark and are not quoted
        and texts.text_content not like '%[%]%'

),

aspects as (

    select
        voice_aspects.voice_key,
        count(*) filter (where voice_aspects.polarity = 1) as praised_count,
        count(*) filter (where voice_aspects.polarity = -1) as blamed_count,
        min(aspects.label_zh) filter (where voice_aspects.polarity = 1) as first_label_zh,
        min(aspects.label_en) filter (where voice_aspects.polarity = 1) as first_label_en

    from {{ ref('fct_voice_aspects') }} as voice_aspects

    inner join {{ ref('aspects') }} as aspects
        on voice_aspects.aspect_code = aspects.aspect_code

    group by voice_aspects.voice_key

),

used_reviews as (

    select distinct derived_from_ref
    from {{ ref('stg_content') }}
    where derived_from_kind = 'review'

),

duplicate_reviews as (

    select distinct voice_key
    from {{ ref('fct_review_flags') }}
    where flag_code in ('exact_duplicate', 'near_duplicate')

),

consents as (

    -- one person with several accounts consents with all of them or not at all; unknown is no consent
    select
        customer_key,
        is_marketing_consented

    from {{ ref('dim_customers') }}

),

weights as (

    select
        sum(weight) filter (where component_code = 'length') / sum(weight) as length_weight,
        sum(weight) filter (where component_code = 'aspects') / sum(weight) as aspects_weight,
        sum(weight) filter (where component_code = 'media') / sum(weight) as media_weight,
        sum(weight) filter (where component_code = 'helpful') / sum(weight) as helpful_weight

    from {{ ref('content_score_weights') }}

),

eligible_reviews as (

    select
        reviews.voice_key,
        reviews.brand_code,
        reviews.channel_code,
        reviews.product_key,
        reviews.customer_key,
        reviews.posted_at,
        reviews.text_sha256,
        cast(round(reviews.rating_share * 5, 1) as double) as stars,
        texts.letter_count,
        aspects.praised_count,
        aspects.first_label_zh,
        aspects.first_label_en,
        coalesce(reviews.media_count, 0) as media_count,
        coalesce(reviews.helpful_count, 0) as helpful_count,
        coalesce(consents.is_marketing_consented, false) as is_consented

    from reviews

    inner join texts
        on reviews.text_sha256 = texts.text_sha256

    inner join aspects
        on reviews.voice_key = aspects.voice_key

    left join used_reviews
        on reviews.voice_ref = used_reviews.derived_from_ref

    left join duplicate_reviews
        on reviews.voice_key = duplicate_reviews.voice_key

    left join consents
        on reviews.customer_key = consents.customer_key

    where
        used_reviews.derived_from_ref is null
        and duplicate_reviews.voice_key is null
        and aspects.praised_count > 0
        and aspects.blamed_count = 0

),

scores as (

    select
        *,
        -- full from 80 letters, 3 aspects, 3 pictures, a hundred readers who found it helpful
        cast(least(letter_count / 80, 1) as double) as length_score,
        cast(least(praised_count / 3, 1) as double) as aspects_score,
        cast(least(media_count / 3, 1) as double) as media_score,
        cast(least(ln(1 + helpful_count) / ln(101), 1) as double) as helpful_score

    from eligible_reviews

),

final as (

    select
        scores.voice_key,
        scores.brand_code,
        scores.channel_code,
        scores.product_key,
        scores.customer_key,
        scores.posted_at,
        scores.text_sha256,
        case when scores.is_consented then 'ready' else 'ask_consent' end as status_code,
        scores.is_consented,
        scores.stars,
        scores.letter_count,
        scores.praised_count as praised_aspect_count,
        scores.media_count,
        scores.helpful_count,
        scores.length_score,
        scores.aspects_score,
        scores.media_score,
        scores.helpful_score,
        cast(round(100 * (
            weights.length_weight * scores.length_score + weights.aspects_weight * scores.aspects_score
            + weights.media_weight * scores.media_score + weights.helpful_weight * scores.helpful_score
        ), 2) as double) as score,
        '已购、无激励、' || cast(cast(scores.stars as integer) as string) || ' 星、'
        || cast(scores.letter_count as string) || ' 字、称赞 ' || cast(scores.praised_count as string) || ' 个方面（'
        || scores.first_label_zh || case when scores.praised_count > 1 then '等' else '' end || '）、配图 '
        || cast(scores.media_count as string) || '、有用 ' || cast(scores.helpful_count as string)
        || case when scores.is_consented then '；已授权' else '；须先取得授权' end as reason_zh,
        'Verified, not rewarded, ' || cast(cast(scores.stars as integer) as string) || ' stars, '
        || cast(scores.letter_count as string) || ' letters, praises ' || cast(scores.praised_count as string)
        || ' aspect(s) (' || scores.first_label_en
        || case when scores.praised_count > 1 then ', ...' else '' end || '), '
        || cast(scores.media_count as string) || ' picture(s), helpful to ' || cast(scores.helpful_count as string)
        || case when scores.is_consented then '; consented' else '; ask for consent first' end as reason_en

    from scores

    cross join weights

)

select * from final
