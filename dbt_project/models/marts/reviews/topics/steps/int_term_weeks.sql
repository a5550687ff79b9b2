-- Grain: one row per week, brand, product, polarity and term (a word, or a phrase of two neighbours).
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='week_start') }}

with

affected as (

    {{ affected_keys([changed_weeks(ref('int_keyword_weeks'))], key_type='date') }}

),

voices as (

    select
        week_start,
        brand_code,
        product_key,
        polarity_code,
        text_sha256,
        posted_at,
        voice_key,
        -- a number stands for the voice until its first words are known: numbers are cheap to compare
        row_number() over (order by posted_at asc, voice_key asc) as voice_number

    from {{ ref('int_keyword_documents') }}
    where {{ is_affected('week_start') }}

),

stop_terms as (

    select
        term,
        is_phrase_opener

    from {{ ref('stop_terms') }}

    union

    -- names are kept whole so that they can be recognised and left out
    select
        lower(word) as term,
        false as is_phrase_opener

    from {{ ref('keyword_words') }}
    where is_name and lower(word) not in (select listed.term from {{ ref('stop_terms') }} as listed)

),

texts as (

    select
        text_sha256,
        terms,
        positions,
        row_number() over (order by text_sha256) as text_number

    from {{ ref('stg_text_terms') }}
    where text_sha256 in (select voices.text_sha256 from voices)

),

-- short praise is often repeated: the words of a text are counted once and multiplied by its voices
text_words as (

    select
        voices.week_start,
        voices.brand_code,
        voices.product_key,
        voices.polarity_code,
        texts.text_number,
        count(*) as document_count,
        min(voices.voice_number) as first_voice_number

    from voices

    inner join texts
        on voices.text_sha256 = texts.text_sha256

    group by voices.week_start, voices.brand_code, voices.product_key, voices.polarity_code, texts.text_number

),

words as (

    {{ words_with_next('texts', 'text_number') }}

),

judged_words as (

    select
        words.text_number,
        words.term,
        words.next_term,
        opening.term is not null as is_function_word,
        coalesce(opening.is_phrase_opener, true) as is_phrase_opener,
        words.next_term is not null and closing.term is null as is_phrase_closer

    from words

    left join stop_terms as opening
        on words.term = opening.term

    left join stop_terms as closing
        on words.next_term = closing.term

),

voice_terms as (

    select
        text_number,
        'word' as term_kind,
        term

    from judged_words
    where not is_function_word

    union all

    select
        text_number,
        'phrase' as term_kind,
        -- as it is written: Latin words with a blank between them
        case
            when term >= 'a' and term < '{' and next_term >= 'a' and next_term < '{' then term || ' ' || next_term
            else term || next_term
        end as term

    from judged_words
    where is_phrase_opener and is_phrase_closer

),

text_terms as (

    select
        text_number,
        term_kind,
        term,
        count(*) as occurrence_count

    from voice_terms
    group by text_number, term_kind, term

),

term_counts as (

    select
        text_words.week_start,
        text_words.brand_code,
        text_words.product_key,
        text_words.polarity_code,
        text_terms.term_kind,
        text_terms.term,
        cast(sum(text_words.document_count) as bigint) as document_count,
        cast(sum(text_words.document_count * text_terms.occurrence_count) as bigint) as occurrence_count,
        min(text_words.first_voice_number) as first_voice_number

    from text_terms

    inner join text_words
        on text_terms.text_number = text_words.text_number

    group by
        text_words.week_start,
        text_words.brand_code,
        text_words.product_key,
        text_words.polarity_code,
        text_terms.term_kind,
        text_terms.term

),

-- half of all terms occur once; they would be most of the rows
kept_terms as (

    select
        week_start,
        brand_code,
        term_kind,
        term

    from term_counts
    group by week_start, brand_code, term_kind, term
    having sum(document_count) >= {{ var('keyword_kept_from_documents') }}

),

kept_counts as (

    select term_counts.*
    from term_counts

    inner join kept_terms
        on
            term_counts.week_start = kept_terms.week_start
            and term_counts.brand_code = kept_terms.brand_code
            and term_counts.term_kind = kept_terms.term_kind
            and term_counts.term = kept_terms.term

),

final as (

    select
        kept_counts.week_start,
        kept_counts.brand_code,
        kept_counts.product_key,
        kept_counts.polarity_code,
        kept_counts.term_kind,
        kept_counts.term,
        kept_counts.document_count,
        kept_counts.occurrence_count,
        voices.posted_at as first_posted_at,
        voices.voice_key as first_voice_key

    from kept_counts

    inner join voices
        on kept_counts.first_voice_number = voices.voice_number

)

select * from final
