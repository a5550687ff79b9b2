-- KPI: points by which participants of witnessed trials trust us more after than before, of those asked twice.
{%- set margin = paired_margin('uplift_deviation', 'sample_count') %}
with

subjects as (

    select
        'segments.fct_trials' as row_table,
        trial_key as row_key,
        started_on as period_date,
        'all' as channel_code,
        'own' as brand_code,
        'all' as product_key,
        'programme' as segment_kind,
        programme_ref as segment_code,
        cast(post_score - pre_score as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_trials') }}
    where
        started_on is not null
        and pre_score is not null
        and post_score is not null

),

measures_by_scope as (

    {{ kpi_scopes(
        {
            'numerator': 'round(cast(sum(numerator) as double), 6)',
            'denominator': 'cast(count(*) as double)',
            'sample_count': 'cast(count(*) as bigint)',
            'uplift': 'avg(numerator)',
            'uplift_deviation': 'stddev_samp(numerator)',
        },
        by=['segment'],
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
        segment_kind,
        segment_code,
        numerator,
        denominator,
        sample_count,
        cast(round(uplift - {{ margin }}, 6) as double) as value_low,
        cast(round(uplift + {{ margin }}, 6) as double) as value_high

    from measures_by_scope
    -- scores of few people are suppressed
    where not {{ small_cell('sample_count') }}

)

select * from final
