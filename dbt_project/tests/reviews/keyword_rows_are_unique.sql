-- One row per term, week, brand and product; product_key is null for the whole brand.
with

rows_of_both as (

    select
        'mart_keywords' as mart_name,
        week_start,
        brand_code,
        product_key,
        term_kind,
        term

    from {{ ref('mart_keywords') }}

    union all

    select
        'mart_term_changes' as mart_name,
        week_start,
        brand_code,
        product_key,
        term_kind,
        term

    from {{ ref('mart_term_changes') }}

)

select
    mart_name,
    week_start,
    brand_code,
    product_key,
    term_kind,
    term,
    count(*) as row_count

from rows_of_both
group by mart_name, week_start, brand_code, product_key, term_kind, term
having count(*) > 1 or week_start is null or brand_code is null or term is null
