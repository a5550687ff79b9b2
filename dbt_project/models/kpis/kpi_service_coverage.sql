-- KPI: hours of the week with a contact answered in time, over hours with any contact.
with

subjects as (

    select
        'segments.fct_service_contacts' as row_table,
        contact_key as row_key,
        cast(started_at as date) as period_date,
        channel_code,
        'own' as brand_code,
        'all' as product_key,
        -- 0 is Monday, midnight to one
        cast(
            {{ day_number('cast(started_at as date)') }} % 7 * 24 + extract(hour from started_at) as integer
        ) as hour_of_week,
        cast(case when is_response_met then 1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_service_contacts') }}
    -- contacts that are not yet due are left out
    where is_response_met is not null

),

measures_by_scope as (

    {{ kpi_scopes(
        {
            'numerator': 'cast(count(distinct case when numerator > 0 then hour_of_week end) as double)',
            'denominator': 'cast(count(distinct hour_of_week) as double)',
            'sample_count': 'cast(count(*) as bigint)',
        },
        by=['channel'],
        period_kinds=['month', 'quarter'],
    ) | indent(4) }}

)

select * from measures_by_scope
