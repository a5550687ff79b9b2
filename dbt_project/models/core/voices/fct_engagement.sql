-- Grain: one row per voice, piece of content or other subject, and day measured.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='engagement_key') }}

with

affected as (

    {{ affected_keys([
        changed_in('engagement'),
        changed_by('engagement', 'record_key', 'subject_ref', 'mentions', 'mention_ref'),
        changed_by('engagement', 'record_key', 'subject_ref', 'reviews', 'review_ref'),
        changed_by('engagement', 'record_key', 'subject_ref', 'content', 'content_ref'),
    ]) }}

),

engagement as (

    select * from {{ ref('stg_engagement') }}
    where {{ is_affected('record_key') }}

),

subjects as (

    select
        mention_ref as subject_ref,
        'mention:' || record_key as subject_key,
        'voice' as subject_kind,
        1 as preference

    from {{ ref('stg_mentions') }}
    where mention_ref in (select engagement.subject_ref from engagement)

    union all

    select
        review_ref as subject_ref,
        'review:' || record_key as subject_key,
        'voice' as subject_kind,
        2 as preference

    from {{ ref('stg_reviews') }}
    where review_ref in (select engagement.subject_ref from engagement)

    union all

    select
        content_ref as subject_ref,
        'content:' || record_key as subject_key,
        'content' as subject_kind,
        3 as preference

    from {{ ref('stg_content') }}
    where content_ref in (select engagement.subject_ref from engagement)

),

subject_by_ref as (

    -- a platform measures its own posts, so a ref that is both a mention and content is the mention
    select * from subjects
    qualify row_number() over (partition by subject_ref order by preference, subject_key) = 1

),

final as (

    select
        engagement.record_key as engagement_key,
        coalesce(subject_by_ref.subject_kind, 'unknown') as subject_kind,
        coalesce(subject_by_ref.subject_key, 'ref:' || engagement.subject_ref) as subject_key,
        engagement.channel_code,
        engagement.measured_on,
        engagement.impression_count,
        engagement.click_count,
        engagement.like_count,
        engagement.comment_count,
        engagement.share_count,
        engagement.save_count

    from engagement

    left join subject_by_ref
        on engagement.subject_ref = subject_by_ref.subject_ref

)

select * from final
