-- Grain: one row per week, brand, product and term, where this week or the one before has enough voices; a null
-- product is the whole brand.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='week_start') }}

{%- set minimum = var('keyword_minimum_documents') -%}
{%- set lookback = var('keyword_new_after_weeks') -%}
{%- set completed %}
    select marts.week_start
    from {{ this }} as marts
    cross join {{ ref('stg_as_of') }} as as_of
    where marts.is_complete <> ({{ plus_days('marts.week_start', 6) }} <= as_of.as_of)
{%- endset %}

with

affected as (

    {{ affected_keys([changed_weeks(ref('int_keyword_weeks'), lookback), completed], key_type='date') }}

),

term_weeks as (

    select * from {{ ref('int_term_weeks') }}
    where {{ is_week_read('week_start', lookback) }}

),

voice_weeks as (

    select * from {{ ref('int_keyword_voices') }}
    where {{ is_week_read('week_start', lookback) }}

),

as_of as (

    select * from {{ ref('stg_as_of') }}

),

---------- voices and terms of every product and of the whole brand

voice_counts as (

    select
        week_start,
        brand_code,
        product_key,
        cast(sum(voice_count) as bigint) as voice_count

    from voice_weeks
    where product_key is not null
    group by week_start, brand_code, product_key

    union all

    select
        week_start,
        brand_code,
        cast(null as string) as product_key,
        cast(sum(voice_count) as bigint) as voice_count

    from voice_weeks
    group by week_start, brand_code

),

term_counts as (

    select
        week_start,
        brand_code,
        product_key,
        term_kind,
        term,
        cast(sum(document_count) as bigint) as document_count

    from term_weeks
    where product_key is not null
    group by week_start, brand_code, product_key, term_kind, term

    union all

    select
        week_start,
        brand_code,
        cast(null as string) as product_key,
        term_kind,
        term,
        cast(sum(document_count) as bigint) as document_count

    from term_weeks
    group by week_start, brand_code, term_kind, term

),

frequent_terms as (

    select * from term_counts
    where document_count >= {{ minimum }}

),

-- said often enough this week, or the week before and perhaps no more
candidates as (

    select
        week_start,
        brand_code,
        product_key,
        term_kind,
        term

    from frequent_terms
    where {{ is_affected('week_start') }}

    union

    select
        {{ plus_days('week_start', 7) }} as week_start,
        brand_code,
        product_key,
        term_kind,
        term

    from frequent_terms
    where {{ is_affected(plus_days('week_start', 7)) }}

),

-- the weeks before, as far as the product or brand had voices in them
histories as (

    select
        voice_counts.week_start,
        voice_counts.brand_code,
        voice_counts.product_key,
        count(*) as history_week_count

    from voice_counts

    inner join voice_counts as earlier
        on
            voice_counts.brand_code = earlier.brand_code
            and voice_counts.product_key is not distinct from earlier.product_key
            and earlier.week_start between {{ plus_days('voice_counts.week_start', -7 * lookback) }}
            and {{ plus_days('voice_counts.week_start', -7) }}

    group by voice_counts.week_start, voice_counts.brand_code, voice_counts.product_key

),

earlier_counts as (

    select
        candidates.week_start,
        candidates.brand_code,
        candidates.product_key,
        candidates.term_kind,
        candidates.term,
        cast(sum(term_counts.document_count) as bigint) as document_count

    from candidates

    inner join term_counts
        on
            candidates.brand_code = term_counts.brand_code
            and candidates.product_key is not distinct from term_counts.product_key
            and candidates.term_kind = term_counts.term_kind
            and candidates.term = term_counts.term
            and term_counts.week_start between {{ plus_days('candidates.week_start', -7 * lookback) }}
            and {{ plus_days('candidates.week_start', -7) }}

    group by
        candidates.week_start, candidates.brand_code, candidates.product_key, candidates.term_kind, candidates.term

),

-- of the few that are compared, not of every term: this week's first, else that of the week before
first_voices as (

    select
        candidates.week_start,
        candidates.brand_code,
        candidates.product_key,
        candidates.term_kind,
        candidates.term,
        min_by(
            term_weeks.first_voice_key,
            case when term_weeks.week_start = candidates.week_start then '0' else '1' end
            || cast(term_weeks.first_posted_at as string) || term_weeks.first_voice_key
        ) as voice_key

    from candidates

    inner join term_weeks
        on
            candidates.brand_code = term_weeks.brand_code
            and coalesce(candidates.product_key, term_weeks.product_key) is not distinct from term_weeks.product_key
            and candidates.term_kind = term_weeks.term_kind
            and candidates.term = term_weeks.term
            and term_weeks.week_start between
            {{ plus_days('candidates.week_start', -7) }} and candidates.week_start

    group by
        candidates.week_start, candidates.brand_code, candidates.product_key, candidates.term_kind, candidates.term

),

terms_with_previous as (

    select
        candidates.week_start,
        candidates.brand_code,
        candidates.product_key,
        candidates.term_kind,
        candidates.term,
        coalesce(this_week.document_count, 0) as document_count,
        voice_counts.voice_count,
        {{ plus_days('candidates.week_start', 6) }} <= as_of.as_of as is_complete,
        -- part of a week is not compared with a whole one; without a voice the week before there is nothing to compare
        case when is_complete and heard_before.voice_count is not null then coalesce(week_before.document_count, 0) end
            as previous_document_count,
        case when is_complete then heard_before.voice_count end as previous_voice_count,
        coalesce(earlier_counts.document_count, 0) as earlier_document_count,
        coalesce(histories.history_week_count, 0) as history_week_count,
        first_voices.voice_key as evidence_voice_key

    from candidates

    cross join as_of

    -- a week without a voice is no week in which a term has vanished
    inner join voice_counts
        on
            candidates.week_start = voice_counts.week_start
            and candidates.brand_code = voice_counts.brand_code
            and candidates.product_key is not distinct from voice_counts.product_key

    inner join first_voices
        on
            candidates.week_start = first_voices.week_start
            and candidates.brand_code = first_voices.brand_code
            and candidates.product_key is not distinct from first_voices.product_key
            and candidates.term_kind = first_voices.term_kind
            and candidates.term = first_voices.term

    left join voice_counts as heard_before
        on
            candidates.week_start = {{ plus_days('heard_before.week_start', 7) }}
            and candidates.brand_code = heard_before.brand_code
            and candidates.product_key is not distinct from heard_before.product_key

    left join term_counts as this_week
        on
            candidates.week_start = this_week.week_start
            and candidates.brand_code = this_week.brand_code
            and candidates.product_key is not distinct from this_week.product_key
            and candidates.term_kind = this_week.term_kind
            and candidates.term = this_week.term

    left join term_counts as week_before
        on
            candidates.week_start = {{ plus_days('week_before.week_start', 7) }}
            and candidates.brand_code = week_before.brand_code
            and candidates.product_key is not distinct from week_before.product_key
            and candidates.term_kind = week_before.term_kind
            and candidates.term = week_before.term

    left join earlier_counts
        on
            candidates.week_start = earlier_counts.week_start
            and candidates.brand_code = earlier_counts.brand_code
            and candidates.product_key is not distinct from earlier_counts.product_key
            and candidates.term_kind = earlier_counts.term_kind
            and candidates.term = earlier_counts.term

    left join histories
        on
            candidates.week_start = histories.week_start
            and candidates.brand_code = histories.brand_code
            and candidates.product_key is not distinct from histories.product_key

    -- of a week that is not over, what has not been said yet is no news
    where this_week.document_count >= {{ minimum }} or {{ plus_days('candidates.week_start', 6) }} <= as_of.as_of

),

-- Walter (1975): half a voice more on every count keeps the log of a rate finite, and nearly unbiased
terms_with_rate_change as (

    select
        *,
        ln((document_count + 0.5) / (voice_count + 0.5))
        - ln((previous_document_count + 0.5) / (previous_voice_count + 0.5)) as log_rate_change,
        1 / (document_count + 0.5) - 1 / (voice_count + 0.5)
        + 1 / (previous_document_count + 0.5) - 1 / (previous_voice_count + 0.5) as variance

    from terms_with_previous

),

terms_with_z as (

    select
        *,
        log_rate_change / sqrt(nullif(variance, 0)) as z_score,
        case
            when history_week_count >= {{ lookback }}
                then earlier_document_count = 0 and document_count >= {{ minimum }}
        end as is_new,
        document_count = 0 and previous_document_count >= {{ minimum }} as is_vanished

    from terms_with_rate_change

),

final as (

    select
        week_start,
        brand_code,
        product_key,
        term_kind,
        term,
        document_count,
        voice_count,
        1000 * document_count / voice_count as documents_per_thousand,
        previous_document_count,
        previous_voice_count,
        1000 * previous_document_count / previous_voice_count as previous_documents_per_thousand,
        round(log_rate_change, 6) as log_rate_change,
        round(z_score, 6) as z_score,
        is_new,
        is_vanished,
        case
            when not is_complete then null
            when is_new then 'new'
            when is_vanished then 'vanished'
            when z_score >= {{ var('keyword_change_from_z') }} then 'rising'
            when z_score <= -{{ var('keyword_change_from_z') }} then 'falling'
            when z_score is not null then 'steady'
        end as change_code,
        evidence_voice_key,
        is_complete

    from terms_with_z

)

select * from final
