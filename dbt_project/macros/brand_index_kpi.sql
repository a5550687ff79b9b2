{#
    All CTEs of a KPI of a brand questionnaire (trust, identity); the last is `final`. The index is the mean answer as a
    share of its scale, as mart_brand_trust has it of a wave, here of a month or quarter. Rows by age exist for whole
    months only, without small cells and the cells that would give them away: from overlapping periods a reader could
    subtract one from the other and learn what each of them hides.
#}
{% macro brand_index_kpi(survey_kind) -%}
answers as (

    select
        survey_key,
        customer_key,
        answered_at,
        extract(year from coalesce(sent_at, answered_at)) as asked_year,
        cast(cast(score / scale_max as decimal(18, 12)) as double) as scale_share

    from {{ ref('fct_surveys') }}
    where
        survey_kind = '{{ survey_kind }}'
        and answered_at is not null
        -- answers outside the scale do not count
        and score between 0 and scale_max
        and scale_max > 0
    -- a person with two memberships counts once a wave: the last answer is read
    qualify row_number() over (
        partition by coalesce(wave_code, 'none'), coalesce(customer_key, survey_key)
        order by answered_at desc, survey_key asc
    ) = 1

),

customers as (

    select * from {{ ref('dim_customers') }}

),

bands as (

    select * from {{ ref('dim_age_bands') }}

),

subjects as (

    select
        'segments.fct_surveys' as row_table,
        answers.survey_key as row_key,
        cast(answers.answered_at as date) as period_date,
        'all' as channel_code,
        -- a questionnaire is about the company, not about one of its brands or products
        'own' as brand_code,
        'all' as product_key,
        'age_band' as segment_kind,
        coalesce(bands.age_band_code, 'unknown') as segment_code,
        answers.scale_share as numerator,
        cast(1 as double) as denominator

    from answers

    left join customers
        on answers.customer_key = customers.customer_key

    -- the age reached in the year of asking
    left join bands
        on
            answers.asked_year - customers.birth_year >= bands.age_from
            and answers.asked_year - customers.birth_year < bands.age_below

),

measures_by_scope as (

    {{ kpi_scopes(
        {
            'numerator': 'round(cast(sum(numerator) as double), 6)',
            'denominator': 'cast(count(*) as double)',
            'sample_count': 'cast(count(*) as bigint)',
            'answer_mean': 'avg(numerator)',
            'answer_variance': 'var_samp(numerator)',
        },
        by=['segment'],
        period_kinds=['month', 'quarter'],
    ) | indent(4) }}

),

scopes_with_suppression as (

    select
        *,
        {{ hidden_cell('sample_count', 'period_kind, period_date, is_cut, brand_code, segment_kind', 'segment_code') }}
            as is_suppressed

    from measures_by_scope

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
        {%- for side, end in [('-', 'low'), ('+', 'high')] %}
        cast(round(
            100 * (
                answer_mean
                {{ side }} sqrt(answer_variance / sample_count) * {{ t_975('nullif(sample_count - 1, 0)') }}
            ), 6
        ) as double) as value_{{ end }}{{ ',' if not loop.last }}
        {%- endfor %}

    from scopes_with_suppression
    where
        not is_suppressed
        and (segment_kind = 'all' or (period_kind = 'month' and not is_cut))

)
{%- endmacro %}
