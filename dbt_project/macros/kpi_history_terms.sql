{#
    Periods and sentences of kpi_history: the kinds of period, the neighbour of one, and the reasons that a person reads
    beside a value.
#}


{# The kinds of period that every KPI is computed for, one row each. #}
{% macro period_kinds() -%}
    select 'day' as period_kind
    union all
    select 'week' as period_kind
    union all
    select 'month' as period_kind
    union all
    select 'quarter' as period_kind
{%- endmacro %}


{# First day of the next ('+') or previous ('-') period of the same kind; `periods` has period_kind and period_start. #}
{% macro neighbouring_period(periods, sign) -%}
    cast(
        case {{ periods }}.period_kind
            when 'day' then {{ periods }}.period_start {{ sign }} interval '1 day'
            when 'week' then {{ periods }}.period_start {{ sign }} interval '7 days'
            when 'month' then {{ periods }}.period_start {{ sign }} interval '1 month'
            when 'quarter' then {{ periods }}.period_start {{ sign }} interval '3 months'
        end as date
    )
{%- endmacro %}


{# Which ground of a KPI is violated, how often and how much it bears; Chinese and English, by the labels of `grounds`. #}
{% macro broken_ground_reason(violation_count, sample_count) -%}
    grounds.label_zh || ' ' || cast({{ violation_count }} as {{ dbt.type_string() }})
    || ' 条，占 '
    || cast(round(100.0 * {{ violation_count }} / {{ sample_count }}, 1) as {{ dbt.type_string() }})
    || '%，上限 ' || cast(round(100 * grounds.maximum_share, 1) as {{ dbt.type_string() }})
    || '%；' || grounds.label_en || ': '
    || cast({{ violation_count }} as {{ dbt.type_string() }}) || ' of '
    || cast({{ sample_count }} as {{ dbt.type_string() }})
{%- endmacro %}


{# Why a value is withheld, hidden or not complete, by the columns of kpi_history; null for a complete value. #}
{% macro status_reason() -%}
    case
        when silence_code = 'withheld' then withheld_reason
        when silence_code = 'hidden' and sample_count >= minimum_sample then '无可除之数；nothing to divide by'
        when silence_code = 'hidden'
            then '样本不足 n < ' || cast(minimum_sample as {{ dbt.type_string() }})
        when is_complete then null
        when period_start < first_on
            then
                '数据自 ' || cast(first_on as {{ dbt.type_string() }}) || ' 起，周期不完整；data begin on '
                || cast(first_on as {{ dbt.type_string() }}) || ', within the period'
        when comparison_code = 'to_date'
            then
                '进行中，计至 ' || cast(until_on as {{ dbt.type_string() }}) || '；running, counted through '
                || cast(until_on as {{ dbt.type_string() }})
        else
            '尚未成熟，' || cast(maturity_days as {{ dbt.type_string() }}) || ' 天后方知；known '
            || cast(maturity_days as {{ dbt.type_string() }}) || ' days after its end'
    end
{%- endmacro %}
