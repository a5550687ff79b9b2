-- KPI: pre-sale contacts that led to an order that we know, by the day of the contact.
with

as_of as (

    select max(as_of) as as_of from {{ ref('kpi_windows') }}

),

subjects as (

    select
        'segments.fct_service_contacts' as row_table,
        contacts.contact_key as row_key,
        cast(contacts.started_at as date) as period_date,
        contacts.channel_code,
        'own' as brand_code,
        'all' as product_key,
        -- a reported order counts only if it exists
        cast(case when contacts.is_converted_order_known then 1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_service_contacts') }} as contacts

    inner join as_of
        on
            -- the window of recent contacts is not over
            {{ plus_days('cast(contacts.started_at as date)', var('advice_conversion_days')) }} <= as_of.as_of

    where contacts.stage_code = 'pre_sale'

),

counts_by_day as (

    {{ kpi_counted() }}

)

select * from counts_by_day
