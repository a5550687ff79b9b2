-- KPI: our failures per unit in use less the industry's, over products that have a benchmark, by month.
with

subjects as (

    select
        'segments.mart_quality' as row_table,
        cast(month_start as {{ dbt.type_string() }}) || '|' || product_key as row_key,
        month_start as period_date,
        'all' as channel_code,
        'own' as brand_code,
        product_key,
        -- failures above those expected from the industry's share
        failure_count - units_in_use * industry_failure_share as numerator,
        cast(units_in_use as double) as denominator,
        failure_count,
        benchmark_source

    from {{ ref('mart_quality') }}
    where
        product_key <> 'all'
        and units_in_use > 0
        and industry_failure_share is not null

),

measures_by_scope as (

    {{ kpi_scopes(
        {
            'numerator': 'round(cast(sum(numerator) as double), 6)',
            'denominator': 'cast(sum(denominator) as double)',
            'sample_count': 'cast(sum(denominator) as bigint)',
            'failure_count': 'cast(sum(failure_count) as bigint)',
            'benchmark_source': 'min(benchmark_source)',
            'benchmark_source_count': 'cast(count(distinct benchmark_source) as bigint)',
        },
        by=['product'],
        period_kinds=['month', 'quarter'],
    ) | indent(4) }}

),

final as (

    select
        period_kind,
        period_date,
        is_cut,
        channel_code,
        brand_code,
        product_key,
        numerator,
        denominator,
        sample_count,
        -- the benchmark is taken as exact, so the width is that of our own share
        {%- for side, end in [('-', 'low'), ('+', 'high')] %}
        cast(round(
            {{ wilson_end('failure_count', 'denominator', side) }} - (failure_count - numerator) / denominator, 6
        ) as double) as value_{{ end }},
        {%- endfor %}
        failure_count,
        round((failure_count - numerator) / denominator, 8) as industry_failure_share,
        benchmark_source,
        benchmark_source_count

    from measures_by_scope
    -- reports are of whole months
    where not is_cut

)

select * from final
