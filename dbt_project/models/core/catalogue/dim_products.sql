-- Grain: one row per product, those included that only an order or a voice names.
with

aliases as (

    select * from {{ ref('product_aliases') }}

),

catalogue as (

    select
        coalesce(aliases.product_key, products.product_ref) as product_key,
        products.product_ref,
        products.product_name,
        products.brand_code,
        products.category_code,
        products.launched_on,
        products.unit_cost_cny

    from {{ ref('stg_products') }} as products

    left join aliases
        on products.product_ref = aliases.product_ref

),

described_products as (

    -- where several entries stand for one product, its own entry describes it
    select * from catalogue
    qualify row_number() over (
        partition by product_key
        order by case when product_ref = product_key then 0 else 1 end, product_ref
    ) = 1

),

named_products as (

    select product_ref from {{ ref('stg_order_items') }}
    union
    select product_ref from {{ ref('stg_reviews') }}
    union
    select product_ref from {{ ref('stg_mentions') }}
    union
    select product_ref from {{ ref('stg_quality') }}

),

keys as (

    select product_key from catalogue
    union
    select coalesce(aliases.product_key, named_products.product_ref) as product_key
    from named_products
    left join aliases
        on named_products.product_ref = aliases.product_ref
    where named_products.product_ref is not null

),

products as (

    select
        keys.product_key,
        described_products.product_name,
        described_products.brand_code,
        described_products.category_code,
        described_products.launched_on,
        described_products.unit_cost_cny,
        described_products.product_key is not null as is_catalogued

    from keys

    left join described_products
        on keys.product_key = described_products.product_key

)

select * from products
