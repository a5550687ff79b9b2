-- KPI: days from the opening of a repair to its end, the median of those that ended, by the day of opening.
with

subjects as (

    select
        'segments.fct_warranty_claims' as row_table,
        claim_key as row_key,
        cast(opened_at as date) as period_date,
        channel_code,
        'own' as brand_code,
        coalesce(product_key, 'unknown') as product_key,
        'claim_kind' as segment_kind,
        claim_kind as segment_code,
        cast(turnaround_days as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_warranty_claims') }}
    where
        -- an old machine taken back is no repair
        claim_kind <> 'trade_in'
        and turnaround_days is not null

),

scoped as (

    {{ kpi_scopes(
        {
            'numerator': 'round(cast(median(numerator) as double), 6)',
            'denominator': 'cast(1 as double)',
            'sample_count': 'cast(count(*) as bigint)',
        },
        by=['product', 'segment'],
        period_kinds=['week', 'month', 'quarter'],
    ) | indent(4) }}

)

select * from scoped
