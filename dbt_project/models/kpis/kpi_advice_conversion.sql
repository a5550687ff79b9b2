-- KPI: pre-sale contacts that led to an order that we know, by the day of the contact.
with

subjects as (

    select
        'segments.fct_service_contacts' as row_table,
        contact_key as row_key,
        cast(started_at as date) as period_date,
        channel_code,
        'own' as brand_code,
        'all' as product_key,
        -- the desk's word counts only where the order that it names exists
        cast(case when is_converted_order_known then 1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_service_contacts') }}
    where stage_code = 'pre_sale'

),

counted as (

    {{ kpi_counted() }}

)

select * from counted
