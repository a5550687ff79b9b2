-- KPI: days since a channel's newest delivery, the mean over channels, at the end of the last day of the period.
with

subjects as (

    select
        'reviews.mart_source_days' as row_table,
        source_day_key as row_key,
        source_date as state_from,
        {{ plus_days('source_date', 1) }} as state_to,
        channel_code,
        'own' as brand_code,
        'all' as product_key,
        cast(days_behind as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('mart_source_days') }}

),

measures_by_scope as (

    {{ kpi_scopes(
        {
            'numerator': 'cast(sum(numerator) as double)',
            'denominator': 'cast(count(*) as double)',
            'sample_count': 'count(*)',
            'worst_days_behind': 'cast(max(numerator) as bigint)',
        },
        by=['channel'],
        is_state=true
    ) }}

)

select * from measures_by_scope
