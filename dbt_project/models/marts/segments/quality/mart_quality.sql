-- Grain: one row per month and product; `all` is every product together.
with

quality as (

    select
        coalesce(aliases.product_key, reported.product_ref) as product_key,
        cast(date_trunc('month', reported.month_start) as date) as month_start,
        reported.units_in_use,
        reported.failure_count,
        reported.return_count,
        reported.industry_failure_share,
        case when reported.industry_failure_share is not null then reported.benchmark_source end as benchmark_source,
        case when reported.industry_failure_share is not null then reported.export_date end as benchmark_date,
        case when reported.industry_failure_share is not null then reported.units_in_use end as benchmarked_units,
        case when reported.industry_failure_share is not null then reported.failure_count end as benchmarked_failures

    from {{ ref('stg_quality') }} as reported

    left join {{ ref('product_aliases') }} as aliases
        on reported.product_ref = aliases.product_ref

    inner join {{ ref('stg_as_of') }} as as_of
        on reported.month_start <= as_of.as_of

),

quality_sums as (

    select
        month_start,
        coalesce(product_key, 'all') as product_key,
        cast(sum(units_in_use) as bigint) as units_in_use,
        cast(sum(failure_count) as bigint) as failure_count,
        cast(sum(return_count) as bigint) as return_count,
        cast(sum(benchmarked_units) as bigint) as benchmarked_units,
        cast(sum(benchmarked_failures) as bigint) as benchmarked_failures,
        -- the industry's failures, weighted with our mix of products
        round(sum(industry_failure_share * benchmarked_units) / nullif(sum(benchmarked_units), 0), 10)
            as industry_failure_share,
        case when count(distinct benchmark_source) > 1 then 'several' else min(benchmark_source) end
            as benchmark_source,
        max(benchmark_date) as benchmark_date

    from quality
    group by grouping sets ((month_start, product_key), (month_start))

),

quality_with_intervals as (

    -- more failures than units is an error of the report and has no interval
    select
        *,
        {%- for name, count, n in [
            ('failure_share', 'failure_count', 'units_in_use'),
            ('benchmarked_share', 'benchmarked_failures', 'benchmarked_units'),
        ] %}
        cast({{ count }} as double) / nullif({{ n }}, 0) as {{ name }},
        case when {{ count }} <= {{ n }} and {{ n }} > 0 then {{ wilson_end(count, n, '-') }} end as {{ name }}_low,
        case when {{ count }} <= {{ n }} and {{ n }} > 0 then {{ wilson_end(count, n, '+') }} end as {{ name }}_high,
        {%- endfor %}
        cast(return_count as double) / nullif(units_in_use, 0) as return_share

    from quality_sums

),

final as (

    select
        month_start,
        product_key,
        units_in_use,
        failure_count,
        round(failure_share, 8) as failure_share,
        round(failure_share_low, 8) as failure_share_low,
        round(failure_share_high, 8) as failure_share_high,
        round(failure_share - lag(failure_share) over (partition by product_key order by month_start), 8)
            as failure_share_change,
        return_count,
        round(return_share, 8) as return_share,
        benchmarked_units,
        benchmarked_failures,
        round(benchmarked_share, 8) as benchmarked_share,
        industry_failure_share,
        benchmark_source,
        benchmark_date,
        round(benchmarked_share - industry_failure_share, 8) as gap,
        round(benchmarked_share_low - industry_failure_share, 8) as gap_low,
        round(benchmarked_share_high - industry_failure_share, 8) as gap_high,
        round(benchmarked_share / nullif(industry_failure_share, 0), 6) as industry_ratio,
        case
            when benchmarked_share_high < industry_failure_share then 'better'
            when benchmarked_share_low > industry_failure_share then 'worse'
            when benchmarked_share_low is not null then 'no_evidence'
        end as verdict_code

    from quality_with_intervals

)

select * from final
