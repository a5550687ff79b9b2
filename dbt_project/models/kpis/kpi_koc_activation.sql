-- KPI: KOCs who spoke up after the brand had made them one, by the day on which it did.
with

subjects as (

    select
        'segments.fct_koc_activations' as row_table,
        customer_key as row_key,
        activated_on as period_date,
        'all' as channel_code,
        'own' as brand_code,
        'all' as product_key,
        -- paid posts are not voices of their own
        cast(case when own_voices_after > 0 then 1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_koc_activations') }}
    where is_followed

),

counts_by_day as (

    {{ kpi_counted() }}

)

select * from counts_by_day
