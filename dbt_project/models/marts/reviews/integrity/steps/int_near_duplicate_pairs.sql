-- Grain: one row per pair of texts that are nearly the same, kept at the text with the greater hash.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='text_sha256') }}

{#-
    A text is compared with those before it, by hash, in every bucket (texts with a band in common) that it is
    in, as far as it is itself among the first of the bucket, else with the first two: a template fills buckets
    by the thousand. Who is first follows from the texts alone, so the order of arrival has no say; a new text
    among the first of its bucket moves all behind it, and none behind the first is moved by later ones.
-#}
{%- set displaced -%}
    with new_texts as (
        {{ changed_in('annotated_texts', "case when annotator = 'minhash' then text_sha256 end") }}
    ),

    buckets as (
        select text_sha256, {{ unnest_list('bands') }} as band
        from {{ ref('stg_text_minhash') }}
        where letter_count >= {{ var('duplicate_fewest_letters') }}
    ),

    text_places as (
        select
            text_sha256,
            band,
            row_number() over (partition by band order by text_sha256) as place
        from buckets
        where
            band in (
                select buckets.band from buckets
                where buckets.text_sha256 in (select new_texts.affected_key from new_texts)
            )
    ),

    newcomers as (
        select band, min(text_sha256) as text_sha256
        from text_places
        where
            place <= {{ var('near_duplicate_bucket_reach') }}
            and text_sha256 in (select new_texts.affected_key from new_texts)
        group by band
    )

    select text_places.text_sha256
    from text_places
    inner join newcomers on text_places.band = newcomers.band and text_places.text_sha256 > newcomers.text_sha256
{%- endset -%}

with

affected as (

    {{ affected_keys([
        changed_in('annotated_texts', "case when annotator = 'minhash' then text_sha256 end"),
        displaced,
    ]) }}

),

fingerprints as (

    select * from {{ ref('stg_text_minhash') }}
    -- two people may well write the same few words
    where letter_count >= {{ var('duplicate_fewest_letters') }}

),

buckets as (

    select
        text_sha256,
        {{ unnest_list('bands') }} as band

    from fingerprints

),

shared_bands as (

    -- most bands are of one text alone, and those that no affected text is in are settled
    select band
    from buckets
    group by band
    having
        count(*) > 1
        and bool_or({{ is_affected('text_sha256') }})

),

text_places as (

    select
        buckets.text_sha256,
        buckets.band,
        row_number() over (partition by buckets.band order by buckets.text_sha256) as place

    from buckets

    inner join shared_bands
        on buckets.band = shared_bands.band

),

candidates as (

    select distinct
        text_places.text_sha256,
        leaders.text_sha256 as other_text_sha256

    from text_places

    inner join text_places as leaders
        on
            text_places.band = leaders.band
            and text_places.place > leaders.place
            and leaders.place <= {{ var('near_duplicate_bucket_reach') }}

    where
        -- where a template fills the bucket, its first two texts stand for all of them
        (
            text_places.place <= {{ var('near_duplicate_bucket_reach') }}
            or leaders.place <= 2
        )
        and {{ is_affected('text_places.text_sha256') }}

),

pair_similarities as (

    select
        candidates.text_sha256,
        candidates.other_text_sha256,
        {{ list_jaccard('ours.shingles', 'theirs.shingles') }} as similarity

    from candidates

    inner join fingerprints as ours
        on candidates.text_sha256 = ours.text_sha256

    inner join fingerprints as theirs
        on candidates.other_text_sha256 = theirs.text_sha256

),

similar_pairs as (

    select * from pair_similarities
    where similarity >= {{ var('near_duplicate_from') }}

)

select * from similar_pairs
