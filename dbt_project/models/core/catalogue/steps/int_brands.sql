-- Grain: one row per brand that is known by name or by its products.
with

aliases as (

    select * from {{ ref('product_aliases') }}

),

sold_products as (

    select distinct coalesce(aliases.product_key, items.product_ref) as product_key

    from {{ ref('stg_order_items') }} as items

    left join aliases
        on items.product_ref = aliases.product_ref

),

products as (

    select
        catalogue.brand_code,
        bool_or(sold_products.product_key is not null) as is_sold

    from {{ ref('stg_products') }} as catalogue

    left join aliases
        on catalogue.product_ref = aliases.product_ref

    left join sold_products
        on coalesce(aliases.product_key, catalogue.product_ref) = sold_products.product_key

    where catalogue.brand_code is not null
    group by catalogue.brand_code

),

sales as (

    select coalesce(bool_or(is_sold), false) as has_any from products

),

named_brands as (

    select * from {{ ref('brands') }}

),

all_brands as (

    select
        coalesce(named_brands.brand_code, products.brand_code) as brand_code,
        named_brands.brand_name,
        named_brands.label_zh,
        -- a catalogue may list what competitors sell; ours is what customers ordered from us. Without a single
        -- order of a catalogued product they cannot be distinguished, and the catalogue counts as ours.
        coalesce(
            named_brands.is_own,
            products.is_sold or (products.brand_code is not null and not sales.has_any),
            false
        ) as is_own_brand

    from products

    full join named_brands
        on products.brand_code = named_brands.brand_code

    cross join sales

)

select * from all_brands
