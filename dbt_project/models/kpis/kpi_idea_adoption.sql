-- KPI: customers' ideas that were adopted, of those whose days for it are over, by the day of handing in.
with

products as (

    select * from {{ ref('dim_products') }}

),

subjects as (

    select
        'segments.fct_ideas' as row_table,
        ideas.idea_key as row_key,
        cast(ideas.submitted_at as date) as period_date,
        ideas.channel_code,
        -- an idea without a product is for the company
        coalesce(products.brand_code, 'own') as brand_code,
        coalesce(ideas.product_key, 'unknown') as product_key,
        cast(case when ideas.is_adopted then 1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_ideas') }} as ideas

    left join products
        on ideas.product_key = products.product_key

    where
        ideas.is_matured
        and ideas.submitted_at is not null

),

counts_by_day as (

    {{ kpi_counted() }}

)

select * from counts_by_day
