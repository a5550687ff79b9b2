-- Grain: one row per week, brand, product and polarity: how many voices have their words counted.
with

documents as (

    select * from {{ ref('int_keyword_documents') }}

),

voice_counts as (

    select
        week_start,
        brand_code,
        product_key,
        polarity_code,
        count(*) as voice_count,
        bit_xor({{ row_hash(['voice_key', 'posted_at', 'text_sha256']) }}) as voices_hash

    from documents
    group by week_start, brand_code, product_key, polarity_code

)

select * from voice_counts
