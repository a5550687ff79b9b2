{#
    What the KPIs of a brand questionnaire (trust, identity) share: the CTEs `answers` before their `subjects`, and from
    `scoped` to `final` after it. The index is the mean answer as a share of its scale, as mart_brand_trust has it of a
    wave, here of a month or quarter. By age it is told of whole months alone, where the small cells, and those that
    would give them away, say nothing: of more and of crossing periods, one less the other would tell what each hides.
#}
{% macro brand_answers(surveys, survey_kind) -%}
answers as (

    select
        survey_key,
        customer_key,
        answered_at,
        extract(year from coalesce(sent_at, answered_at)) as asked_year,
        cast(cast(score / scale_max as decimal(18, 12)) as double) as scale_share

    from {{ surveys }}
    where
        survey_kind = '{{ survey_kind }}'
        and answered_at is not null
        -- an answer off its scale is none
        and score between 0 and scale_max
        and scale_max > 0
    -- a person of two memberships answers once a wave: the last answer counts
    qualify row_number() over (
        partition by coalesce(wave_code, 'none'), coalesce(customer_key, survey_key)
        order by answered_at desc, survey_key asc
    ) = 1

)
{%- endmacro %}


{% macro brand_index_rows() -%}
scoped as (

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

guarded as (

    select
        *,
        {{ hidden_cell('sample_count', 'period_kind, period_date, is_cut, brand_code, segment_kind', 'segment_code') }}
            as is_suppressed

    from scoped

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
            100 * (answer_mean {{ side }} sqrt(answer_variance / sample_count) * {{ t_975('nullif(sample_count - 1, 0)') }}), 6
        ) as double) as value_{{ end }}{{ ',' if not loop.last }}
        {%- endfor %}

    from guarded
    where
        not is_suppressed
        and (segment_kind = 'all' or (period_kind = 'month' and not is_cut))

)
{%- endmacro %}
