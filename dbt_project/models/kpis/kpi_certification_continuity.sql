-- KPI: certifications in force over those in force or lapsed without a successor, as they stood at the period's end.
with

subjects as (

    select
        'segments.mart_brand_programmes' as row_table,
        kind_code || '|' || cast(month_start as {{ dbt.type_string() }}) as row_key,
        -- evaluated at the end of each month, and valid until the next evaluation
        judged_on as state_from,
        coalesce(
            lead(judged_on) over (partition by kind_code order by month_start), date '9999-12-31'
        ) as state_to,
        'all' as channel_code,
        'own' as brand_code,
        'all' as product_key,
        cast(valid_count as double) as numerator,
        cast(valid_count + lapsed_count as double) as denominator

    from {{ ref('mart_brand_programmes') }}
    where kind_code = 'certification'

),

measures_by_scope as (

    {{ kpi_scopes(
        {
            'numerator': 'cast(sum(numerator) as double)',
            'denominator': 'cast(sum(denominator) as double)',
            'sample_count': 'cast(sum(denominator) as bigint)',
        },
        by=[],
        period_kinds=['month', 'quarter'],
        is_state=true,
    ) | indent(4) }}

)

select * from measures_by_scope
