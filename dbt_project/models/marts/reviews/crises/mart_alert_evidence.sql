-- Grain: one row per alert, kind of evidence and rank.
{%- set kept = var('alert_evidence_count') %}

with

voices as (

    select * from {{ ref('int_alert_voices') }}
    where is_in_channel

),

aspects as (

    select * from {{ ref('fct_voice_aspects') }}

),

texts as (

    select * from {{ ref('voice_texts') }}

),

alerts as (

    select
        alert_key,
        alert_date,
        brand_code,
        product_key

    from {{ ref('mart_alerts') }}

),

stop_terms as (

    select term from {{ ref('stop_terms') }}

    union

    -- names are kept whole so that they can be recognised and left out
    select lower(word) as term
    from {{ ref('keyword_words') }}
    where is_name

),

first_voices as (

    select
        alert_key,
        'first_voice' as evidence_kind,
        row_number() over (partition by alert_key order by posted_at, voice_key) as evidence_rank,
        voice_key,
        text_sha256,
        cast(null as string) as term,
        cast(1 as bigint) as voice_count,
        reach_count,
        posted_at as first_heard_at

    from voices

),

repeated_texts as (

    select
        alert_key,
        text_sha256,
        min(voice_key) as voice_key,
        cast(count(*) as bigint) as voice_count,
        cast(sum(reach_count) as bigint) as reach_count,
        min(posted_at) as first_heard_at

    from voices
    where text_sha256 is not null
    group by
        alert_key,
        text_sha256

),

top_texts as (

    -- what most people read, and what most people say
    select
        alert_key,
        'text' as evidence_kind,
        row_number() over (
            partition by alert_key
            order by reach_count desc, voice_count desc, text_sha256 asc
        ) as evidence_rank,
        voice_key,
        text_sha256,
        cast(null as string) as term,
        voice_count,
        reach_count,
        first_heard_at

    from repeated_texts

),

aspect_counts as (

    select
        voices.alert_key,
        aspects.aspect_code,
        cast(count(*) as bigint) as voice_count,
        cast(sum(voices.reach_count) as bigint) as reach_count,
        min(voices.posted_at) as first_heard_at

    from voices

    inner join aspects
        on voices.voice_key = aspects.voice_key

    where {{ is_complaint('aspects', 'voices') }}

    group by
        voices.alert_key,
        aspects.aspect_code

),

top_aspects as (

    select
        alert_key,
        'aspect' as evidence_kind,
        row_number() over (partition by alert_key order by voice_count desc, aspect_code asc) as evidence_rank,
        cast(null as string) as voice_key,
        cast(null as string) as text_sha256,
        aspect_code as term,
        voice_count,
        reach_count,
        first_heard_at

    from aspect_counts

),

repeated_text_terms as (

    select
        text_sha256,
        terms,
        positions

    from {{ ref('stg_text_terms') }}
    where text_sha256 in (select repeated_texts.text_sha256 from repeated_texts)

),

words as (

    {{ words_with_next('repeated_text_terms', 'text_sha256') }}

),

text_terms as (

    select distinct
        text_sha256,
        term

    from words
    where term not in (select stop_terms.term from stop_terms)

),

term_counts as (

    select
        repeated_texts.alert_key,
        text_terms.term,
        cast(sum(repeated_texts.voice_count) as bigint) as voice_count,
        cast(sum(repeated_texts.reach_count) as bigint) as reach_count,
        min(repeated_texts.first_heard_at) as first_heard_at

    from repeated_texts

    inner join text_terms
        on repeated_texts.text_sha256 = text_terms.text_sha256

    group by
        repeated_texts.alert_key,
        text_terms.term

),

worded_voices as (

    select
        alert_key,
        sum(voice_count) as voice_count

    from repeated_texts
    where text_sha256 in (select repeated_text_terms.text_sha256 from repeated_text_terms)
    group by alert_key

),

-- what is usually complained of: the four weeks before, of the product where the alert names one
usual_voices as (

    select
        alerts.alert_key,
        sum(weeks.voice_count) as voice_count

    from alerts

    inner join {{ ref('int_keyword_voices') }} as weeks
        on
            alerts.brand_code = weeks.brand_code
            and coalesce(alerts.product_key, weeks.product_key, '') = coalesce(weeks.product_key, '')
            and weeks.week_start < {{ week_of('alerts.alert_date') }}
            and weeks.week_start >= {{ plus_days(week_of('alerts.alert_date'), -28) }}

    where weeks.polarity_code = 'negative'
    group by alerts.alert_key

),

usual_terms as (

    select
        alerts.alert_key,
        weeks.term,
        sum(weeks.document_count) as voice_count

    from alerts

    inner join {{ ref('int_term_weeks') }} as weeks
        on
            alerts.brand_code = weeks.brand_code
            and coalesce(alerts.product_key, weeks.product_key, '') = coalesce(weeks.product_key, '')
            and weeks.week_start < {{ week_of('alerts.alert_date') }}
            and weeks.week_start >= {{ plus_days(week_of('alerts.alert_date'), -28) }}

    where
        weeks.polarity_code = 'negative'
        and weeks.term_kind = 'word'
    group by
        alerts.alert_key,
        weeks.term

),

-- log odds with half a voice added to each cell, over its standard error (Haldane 1956, Anscombe 1956)
compared_terms as (

    select
        term_counts.alert_key,
        term_counts.term,
        term_counts.voice_count,
        term_counts.reach_count,
        term_counts.first_heard_at,
        (
            ln((term_counts.voice_count + 0.5) / (worded_voices.voice_count - term_counts.voice_count + 0.5))
            - ln(
                (coalesce(usual_terms.voice_count, 0) + 0.5)
                / (coalesce(usual_voices.voice_count, 0) - coalesce(usual_terms.voice_count, 0) + 0.5)
            )
        )
        / sqrt(
            1 / (term_counts.voice_count + 0.5)
            + 1 / (worded_voices.voice_count - term_counts.voice_count + 0.5)
            + 1 / (coalesce(usual_terms.voice_count, 0) + 0.5)
            + 1 / (coalesce(usual_voices.voice_count, 0) - coalesce(usual_terms.voice_count, 0) + 0.5)
        ) as odds_z

    from term_counts

    inner join worded_voices
        on term_counts.alert_key = worded_voices.alert_key

    left join usual_voices
        on term_counts.alert_key = usual_voices.alert_key

    left join usual_terms
        on
            term_counts.alert_key = usual_terms.alert_key
            and term_counts.term = usual_terms.term

    -- one voice's word is no pattern
    where term_counts.voice_count >= 2

),

top_terms as (

    select
        alert_key,
        'term' as evidence_kind,
        row_number() over (partition by alert_key order by odds_z desc, voice_count desc, term asc) as evidence_rank,
        cast(null as string) as voice_key,
        cast(null as string) as text_sha256,
        term,
        voice_count,
        reach_count,
        first_heard_at

    from compared_terms
    where odds_z > 0

),

every_kind as (

    select * from first_voices
    union all
    select * from top_texts
    union all
    select * from top_aspects
    union all
    select * from top_terms

),

final as (

    select
        every_kind.alert_key,
        every_kind.evidence_kind,
        cast(every_kind.evidence_rank as bigint) as evidence_rank,
        every_kind.voice_key,
        every_kind.text_sha256,
        substr(texts.voice_text, 1, {{ var('alert_excerpt_characters') }}) as excerpt,
        every_kind.term,
        every_kind.voice_count,
        every_kind.reach_count,
        every_kind.first_heard_at

    from every_kind

    left join texts
        on every_kind.text_sha256 = texts.text_sha256

    where every_kind.evidence_rank <= {{ kept }}

)

select * from final
