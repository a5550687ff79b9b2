-- Grain: one row per week, brand, product and term; a null product is the whole brand.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='week_start') }}

{%- set completed %}
    select marts.week_start
    from {{ this }} as marts
    cross join {{ ref('stg_as_of') }} as as_of
    where marts.is_complete <> ({{ plus_days('marts.week_start', 6) }} <= as_of.as_of)
{%- endset %}

with

affected as (

    {{ affected_keys(
        [changed_weeks(ref('int_keyword_weeks'), var('keyword_prior_weeks') - 1), completed], key_type='date'
    ) }}

),

term_weeks as (

    select * from {{ ref('int_term_weeks') }}
    where {{ is_week_read('week_start', var('keyword_prior_weeks') - 1) }}

),

voice_weeks as (

    select * from {{ ref('int_keyword_voices') }}
    where {{ is_affected('week_start') }}

),

as_of as (

    select * from {{ ref('stg_as_of') }}

),

---------- what is usual: the brand's own words of the weeks up to this one, whoever says them

brand_weeks as (

    select
        week_start,
        brand_code,
        term_kind,
        term,
        sum(document_count) as document_count

    from term_weeks
    group by week_start, brand_code, term_kind, term

),

brand_totals as (

    select
        week_start,
        brand_code,
        term_kind,
        sum(document_count) as document_count

    from brand_weeks
    group by week_start, brand_code, term_kind

),

usual_totals as (

    select
        week_start,
        brand_code,
        term_kind,
        sum(document_count) over (
            partition by brand_code, term_kind
            order by week_start
            range between interval '{{ 7 * (var("keyword_prior_weeks") - 1) }}' day preceding and current row
        ) as document_count

    from brand_totals

),

---------- the two sides, of every product and of the whole brand

term_counts as (

    select
        week_start,
        brand_code,
        product_key,
        term_kind,
        term,
        polarity_code,
        document_count,
        first_posted_at,
        first_voice_key

    from term_weeks
    where product_key is not null and {{ is_affected('week_start') }}

    union all

    select
        week_start,
        brand_code,
        cast(null as string) as product_key,
        term_kind,
        term,
        polarity_code,
        document_count,
        first_posted_at,
        first_voice_key

    from term_weeks
    where {{ is_affected('week_start') }}

),

voice_counts as (

    select
        week_start,
        brand_code,
        product_key,
        polarity_code,
        voice_count

    from voice_weeks
    where product_key is not null

    union all

    select
        week_start,
        brand_code,
        cast(null as string) as product_key,
        polarity_code,
        voice_count

    from voice_weeks

),

scopes as (

    select
        week_start,
        brand_code,
        product_key,
        cast(sum(voice_count) filter (where polarity_code = 'negative') as bigint) as negative_voice_count,
        cast(sum(voice_count) filter (where polarity_code = 'positive') as bigint) as positive_voice_count

    from voice_counts
    group by week_start, brand_code, product_key

),

terms as (

    select
        week_start,
        brand_code,
        product_key,
        term_kind,
        term,
        cast(sum(document_count) as bigint) as document_count,
        cast(coalesce(sum(document_count) filter (where polarity_code = 'negative'), 0) as bigint)
            as negative_document_count,
        cast(coalesce(sum(document_count) filter (where polarity_code = 'positive'), 0) as bigint)
            as positive_document_count

    from term_counts
    group by week_start, brand_code, product_key, term_kind, term

),

side_totals as (

    select
        week_start,
        brand_code,
        product_key,
        term_kind,
        sum(negative_document_count) as negative_term_count,
        sum(positive_document_count) as positive_term_count

    from terms
    group by week_start, brand_code, product_key, term_kind

),

term_totals as (

    select
        terms.*,
        side_totals.negative_term_count,
        side_totals.positive_term_count

    from terms

    inner join side_totals
        on
            terms.week_start = side_totals.week_start
            and terms.brand_code = side_totals.brand_code
            and terms.product_key is not distinct from side_totals.product_key
            and terms.term_kind = side_totals.term_kind

    where
        terms.negative_document_count + terms.positive_document_count >= {{ var('keyword_minimum_documents') }}
        and side_totals.negative_term_count > 0
        and side_totals.positive_term_count > 0

),

-- of the few that are compared, not of every term
first_voices as (

    select
        term_totals.week_start,
        term_totals.brand_code,
        term_totals.product_key,
        term_totals.term_kind,
        term_totals.term,
        min_by(term_counts.first_voice_key, cast(term_counts.first_posted_at as string) || term_counts.first_voice_key)
        filter (where term_counts.polarity_code = 'negative') as first_negative_voice_key,
        min_by(term_counts.first_voice_key, cast(term_counts.first_posted_at as string) || term_counts.first_voice_key)
        filter (where term_counts.polarity_code = 'positive') as first_positive_voice_key

    from term_totals

    inner join term_counts
        on
            term_totals.week_start = term_counts.week_start
            and term_totals.brand_code = term_counts.brand_code
            and term_totals.product_key is not distinct from term_counts.product_key
            and term_totals.term_kind = term_counts.term_kind
            and term_totals.term = term_counts.term

    group by
        term_totals.week_start,
        term_totals.brand_code,
        term_totals.product_key,
        term_totals.term_kind,
        term_totals.term

),

compared_terms as (

    select distinct
        week_start,
        brand_code,
        term_kind,
        term

    from term_totals

),

usual_counts as (

    select
        term_totals.week_start,
        term_totals.brand_code,
        term_totals.term_kind,
        term_totals.term,
        sum(brand_weeks.document_count) as document_count

    from compared_terms as term_totals

    inner join brand_weeks
        on
            term_totals.brand_code = brand_weeks.brand_code
            and term_totals.term_kind = brand_weeks.term_kind
            and term_totals.term = brand_weeks.term
            and brand_weeks.week_start between
            {{ plus_days('term_totals.week_start', -7 * (var('keyword_prior_weeks') - 1)) }} and term_totals.week_start

    group by term_totals.week_start, term_totals.brand_code, term_totals.term_kind, term_totals.term

),

---------- Monroe, Colaresi and Quinn (2008), with documents in the place of tokens

with_prior as (

    select
        term_totals.*,
        {{ var('keyword_prior_terms') }} * cast(usual_counts.document_count as double) / usual_totals.document_count
            as prior_count

    from term_totals

    inner join usual_counts
        on
            term_totals.week_start = usual_counts.week_start
            and term_totals.brand_code = usual_counts.brand_code
            and term_totals.term_kind = usual_counts.term_kind
            and term_totals.term = usual_counts.term

    inner join usual_totals
        on
            term_totals.week_start = usual_totals.week_start
            and term_totals.brand_code = usual_totals.brand_code
            and term_totals.term_kind = usual_totals.term_kind

),

log_odds as (

    select
        *,
        ln(
            (negative_document_count + prior_count)
            / nullif(negative_term_count + {{ var('keyword_prior_terms') }} - negative_document_count - prior_count, 0)
        ) - ln(
            (positive_document_count + prior_count)
            / nullif(positive_term_count + {{ var('keyword_prior_terms') }} - positive_document_count - prior_count, 0)
        ) as log_odds_ratio,
        1 / (negative_document_count + prior_count) + 1 / (positive_document_count + prior_count) as variance

    from with_prior

),

term_odds as (

    select
        *,
        log_odds_ratio / sqrt(variance) as z_score

    from log_odds
    -- without any other term there are no odds
    where log_odds_ratio is not null

),

final as (

    select
        term_odds.week_start,
        term_odds.brand_code,
        term_odds.product_key,
        term_odds.term_kind,
        term_odds.term,
        term_odds.document_count,
        term_odds.negative_document_count,
        term_odds.positive_document_count,
        coalesce(scopes.negative_voice_count, 0) as negative_voice_count,
        coalesce(scopes.positive_voice_count, 0) as positive_voice_count,
        cast(term_odds.negative_term_count as bigint) as negative_term_count,
        cast(term_odds.positive_term_count as bigint) as positive_term_count,
        round(term_odds.prior_count, 6) as prior_count,
        round(term_odds.log_odds_ratio, 6) as log_odds_ratio,
        round(term_odds.variance, 6) as variance,
        round(term_odds.z_score, 6) as z_score,
        case
            when term_odds.z_score > 0
                then row_number() over (
                    partition by term_odds.week_start, term_odds.brand_code, term_odds.product_key, term_odds.term_kind
                    order by term_odds.z_score desc, term_odds.term asc
                )
        end as negative_rank,
        case
            when term_odds.z_score < 0
                then row_number() over (
                    partition by term_odds.week_start, term_odds.brand_code, term_odds.product_key, term_odds.term_kind
                    order by term_odds.z_score asc, term_odds.term asc
                )
        end as positive_rank,
        case
            when term_odds.z_score > 0 then first_voices.first_negative_voice_key
            else first_voices.first_positive_voice_key
        end as evidence_voice_key,
        {{ plus_days('term_odds.week_start', 6) }} <= as_of.as_of as is_complete

    from term_odds

    inner join scopes
        on
            term_odds.week_start = scopes.week_start
            and term_odds.brand_code = scopes.brand_code
            and term_odds.product_key is not distinct from scopes.product_key

    inner join first_voices
        on
            term_odds.week_start = first_voices.week_start
            and term_odds.brand_code = first_voices.brand_code
            and term_odds.product_key is not distinct from first_voices.product_key
            and term_odds.term_kind = first_voices.term_kind
            and term_odds.term = first_voices.term

    cross join as_of

)

select * from final
