-- Grain: one row per aspect or theme complained of in the last window, of a brand in all and of each of its products.
with

as_of as (

    select
        as_of,
        as_of - {{ var('action_window_days') }} as last_before,
        as_of - 2 * {{ var('action_window_days') }} as first_before

    from {{ ref('stg_as_of') }}

),

voices as (

    select
        voices.voice_key,
        voices.brand_code,
        voices.product_key,
        cast(voices.posted_at as date) > as_of.last_before as is_now

    from {{ ref('fct_voices') }} as voices

    cross join as_of

    where
        voices.is_own_brand
        and voices.is_original
        and coalesce(voices.author_kind, 'user') <> 'employee'
        and cast(voices.posted_at as date) > as_of.first_before
        and cast(voices.posted_at as date) <= as_of.as_of

),

complaints as (

    select
        complaints.*,
        voices.is_now

    from {{ ref('int_pain_points') }} as complaints

    inner join voices
        on complaints.voice_key = voices.voice_key

),

voice_counts as (

    select
        brand_code,
        case when grouping(product_key) = 1 then 'all' else coalesce(product_key, 'unknown') end as product_key,
        count(*) filter (where is_now) as voice_count,
        count(*) filter (where not is_now) as previous_voice_count

    from voices
    group by grouping sets ((brand_code), (brand_code, product_key))

),

complaint_counts as (

    select
        topic_kind,
        topic_code,
        brand_code,
        case when grouping(product_key) = 1 then 'all' else coalesce(product_key, 'unknown') end as product_key,
        count(*) filter (where is_now) as mention_count,
        count(*) filter (where not is_now) as previous_mention_count,
        count(*) filter (where is_now and voice_kind in ('case', 'review')) as after_sale_count,
        count(*) filter (where is_now and voice_kind in ('mention', 'message')) as pre_sale_count,
        cast(coalesce(max(follower_count) filter (where is_now), 0) as bigint) as reach_count,
        -- the newest, and of several the one with the greater key
        max_by(voice_key, cast(posted_at as string) || voice_key) filter (where is_now) as evidence_voice_key,
        max_by(evidence_text, cast(posted_at as string) || voice_key) filter (where is_now) as evidence_text

    from complaints
    group by grouping sets ((topic_kind, topic_code, brand_code), (topic_kind, topic_code, brand_code, product_key))

),

rates as (

    select
        complaint_counts.*,
        voice_counts.voice_count,
        voice_counts.previous_voice_count,
        complaint_counts.mention_count / nullif(voice_counts.voice_count, 0) as mention_rate,
        complaint_counts.previous_mention_count / nullif(voice_counts.previous_voice_count, 0) as previous_mention_rate

    from complaint_counts

    inner join voice_counts
        on
            complaint_counts.brand_code = voice_counts.brand_code
            and complaint_counts.product_key = voice_counts.product_key

    where
        complaint_counts.mention_count > 0
        -- a voice that names no product is in its brand's row
        and complaint_counts.product_key <> 'unknown'

),

final as (

    select
        *,
        -- on the log rate, half a mention added to both so that a new complaint has a rate to grow from
        (
            ln((mention_count + 0.5) / (voice_count + 0.5))
            - ln((previous_mention_count + 0.5) / (previous_voice_count + 0.5))
        ) / sqrt(1 / (mention_count + 0.5) + 1 / (previous_mention_count + 0.5)) as growth_z

    from rates

)

select * from final
