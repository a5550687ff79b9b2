-- KPI: days from the opening of a repair to its end, the median of those that ended, by the day of opening.
with

as_of as (

    select max(as_of) as as_of from {{ ref('kpi_windows') }}

),

subjects as (

    select
        'segments.fct_warranty_claims' as row_table,
        claims.claim_key as row_key,
        cast(claims.opened_at as date) as period_date,
        claims.channel_code,
        'own' as brand_code,
        coalesce(claims.product_key, 'unknown') as product_key,
        'claim_kind' as segment_kind,
        claims.claim_kind as segment_code,
        cast(claims.turnaround_days as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_warranty_claims') }} as claims

    inner join as_of
        on
            -- recent repairs are left out, because only the quick ones have ended
            {{ plus_days('cast(claims.opened_at as date)', var('repair_maturity_days')) }} <= as_of.as_of

    where
        -- a trade-in is no repair
        claims.claim_kind <> 'trade_in'
        and claims.turnaround_days is not null

),

measures_by_scope as (

    {{ kpi_scopes(
        {
            'numerator': 'round(cast(median(numerator) as double), 6)',
            'denominator': 'cast(1 as double)',
            'sample_count': 'cast(count(*) as bigint)',
        },
        by=['product', 'segment'],
        period_kinds=['week', 'month', 'quarter'],
        maturity_days=var('repair_maturity_days'),
    ) | indent(4) }}

)

select * from measures_by_scope
