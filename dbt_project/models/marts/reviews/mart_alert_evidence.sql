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

every_kind as (

    select * from first_voices
    union all
    select * from top_texts
    union all
    select * from top_aspects

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
