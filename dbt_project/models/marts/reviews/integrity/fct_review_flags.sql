-- Grain: one row per voice and reason to read it with care. A flag is evidence; it deletes nothing and decides nothing.
with

voices as (

    select
        voice_key,
        voice_kind,
        product_key,
        posted_at,
        text_sha256,
        is_verified_purchase,
        is_incentivised,
        is_praise_required,
        is_undisclosed_collaboration,
        content_ref

    from {{ ref('fct_voices') }}
    where
        is_public
        -- a reshare or syndicated copy repeats by its nature
        and is_original

),

comparable_texts as (

    select text_sha256
    from {{ ref('stg_text_minhash') }}
    where letter_count >= {{ var('duplicate_fewest_letters') }}

),

clusters as (

    select * from {{ ref('int_text_clusters') }}

),

bursts as (

    select * from {{ ref('int_review_bursts') }}

),

rewards as (

    -- where several paid for one review, the one that asked for praise
    select
        paid.voice_key,
        grants.grant_ref,
        grants.is_disclosed

    from {{ ref('int_review_grants') }} as paid

    inner join {{ ref('stg_incentives') }} as grants
        on paid.grant_key = grants.record_key

    qualify row_number() over (
        partition by paid.voice_key
        order by coalesce(grants.is_positive_required, false) desc, grants.record_key asc
    ) = 1

),

---------- the same words again

voices_with_text as (

    select
        voices.voice_key,
        voices.text_sha256,
        count(*) over (partition by voices.text_sha256) as text_voice_count,
        row_number() over same_text as place,
        first_value(voices.voice_key) over same_text as first_voice_key,
        lead(voices.voice_key) over same_text as next_voice_key

    from voices

    inner join comparable_texts
        on voices.text_sha256 = comparable_texts.text_sha256

    window same_text as (
        partition by voices.text_sha256
        order by voices.posted_at, voices.voice_key
    )

),

exact_duplicates as (

    select
        voice_key,
        'exact_duplicate' as flag_code,
        -- the first that said it, and of the first the second
        case when place = 1 then next_voice_key else first_voice_key end as other_voice_key,
        text_sha256 as cluster_key,
        text_voice_count as cluster_voice_count,
        cast(1 as double) as similarity,
        cast(null as timestamp) as window_started_at,
        cast(null as timestamp) as window_ended_at,
        cast(null as bigint) as window_count,
        cast(null as double) as window_usual_count,
        cast(null as string) as evidence_ref

    from voices_with_text
    where text_voice_count > 1

),

---------- nearly the same words

cluster_sizes as (

    select
        clusters.cluster_key,
        count(*) as voice_count

    from voices_with_text

    inner join clusters
        on voices_with_text.text_sha256 = clusters.text_sha256

    group by clusters.cluster_key

),

near_duplicates as (

    select
        voices_with_text.voice_key,
        'near_duplicate' as flag_code,
        nearest.voice_key as other_voice_key,
        clusters.cluster_key,
        cluster_sizes.voice_count as cluster_voice_count,
        clusters.similarity,
        cast(null as timestamp) as window_started_at,
        cast(null as timestamp) as window_ended_at,
        cast(null as bigint) as window_count,
        cast(null as double) as window_usual_count,
        cast(null as string) as evidence_ref

    from voices_with_text

    inner join clusters
        on voices_with_text.text_sha256 = clusters.text_sha256

    inner join cluster_sizes
        on clusters.cluster_key = cluster_sizes.cluster_key

    inner join voices_with_text as nearest
        on
            clusters.nearest_text_sha256 = nearest.text_sha256
            and nearest.place = 1

),

---------- many at once

burst_reviews as (

    -- of a day and an hour in it, the hour says more
    select
        voices.voice_key,
        'burst' as flag_code,
        cast(null as string) as other_voice_key,
        bursts.product_key || ' ' || bursts.window_kind || ' ' || cast(bursts.started_at as string) as cluster_key,
        bursts.review_count as cluster_voice_count,
        cast(null as double) as similarity,
        bursts.started_at as window_started_at,
        bursts.ended_at as window_ended_at,
        bursts.review_count as window_count,
        bursts.usual_count as window_usual_count,
        cast(null as string) as evidence_ref

    from voices

    inner join bursts
        on
            voices.product_key = bursts.product_key
            and voices.posted_at >= bursts.started_at
            and voices.posted_at < bursts.ended_at

    where voices.voice_kind = 'review'
    qualify row_number() over (
        partition by voices.voice_key
        order by bursts.ended_at - bursts.started_at
    ) = 1

),

---------- what the exports say of it

stated_flags as (

    select
        voices.voice_key,
        voices.content_ref,
        voices.voice_kind = 'review' and not voices.is_verified_purchase as is_unverified,
        voices.is_incentivised,
        voices.is_praise_required,
        voices.is_undisclosed_collaboration,
        not rewards.is_disclosed as is_undisclosed_incentive,
        rewards.grant_ref

    from voices

    left join rewards
        on voices.voice_key = rewards.voice_key

),

reasons as (

    {% for flag, evidence in [
        ('unverified', 'cast(null as string)'),
        ('incentivised', 'grant_ref'),
        ('praise_required', 'grant_ref'),
        ('undisclosed_incentive', 'grant_ref'),
        ('undisclosed_collaboration', 'content_ref'),
    ] -%}
    select
        voice_key,
        '{{ flag }}' as flag_code,
        {{ evidence }} as evidence_ref

    from stated_flags
    where is_{{ flag }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

stated_flag_rows as (

    select
        voice_key,
        flag_code,
        cast(null as string) as other_voice_key,
        cast(null as string) as cluster_key,
        cast(null as bigint) as cluster_voice_count,
        cast(null as double) as similarity,
        cast(null as timestamp) as window_started_at,
        cast(null as timestamp) as window_ended_at,
        cast(null as bigint) as window_count,
        cast(null as double) as window_usual_count,
        evidence_ref

    from reasons

),

final as (

    select * from exact_duplicates
    union all
    select * from near_duplicates
    union all
    select * from burst_reviews
    union all
    select * from stated_flag_rows

)

select * from final
