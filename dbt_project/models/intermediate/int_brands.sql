-- Grain: one row per brand that is known by name or by its products.
{{ config(materialized='view') }}

with

products as (

    select distinct brand_code
    from {{ ref('stg_products') }}
    where brand_code is not null

),

named as (

    select * from {{ ref('brands') }}

),

merged as (

    select
        coalesce(named.brand_code, products.brand_code) as brand_code,
        named.brand_name,
        named.label_zh,
        -- only our own products come with a catalogue, unless the seed says otherwise
        coalesce(named.is_own, products.brand_code is not null) as is_own_brand

    from products

    full join named
        on products.brand_code = named.brand_code

)

select * from merged
