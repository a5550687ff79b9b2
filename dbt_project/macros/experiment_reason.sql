{#
    The reason of a verdict in words, from the columns of fct_experiments' CTE `verdicts`: what decided, then what
    a reader must know before using it. One text per language, `zh` or `en`, of the same parts.
#}
{% macro experiment_reason(language) -%}
    {%- set is_chinese = language == 'zh' -%}
    {%- set alpha = var('experiment_alpha') -%}
    {%- set p -%}
        case when p_value_adjusted < 0.0001 then 'p < 0.0001' else 'p = ' || {{ in_digits('p_value_adjusted', 4) }} end
    {%- endset -%}
    {%- set interval -%}
        {{ as_effect('difference', language) }}
        || {{ "'（'" if is_chinese else "' ('" }}
        || replace({{ in_digits('100 * interval_level', 1) }}, '.0', '')
        || {{ "'% 区间 '" if is_chinese else "'% interval '" }}
        || {{ as_effect('difference_low', language, is_plain=true) }}
        || {{ "' 至 '" if is_chinese else "' to '" }}
        || {{ as_effect('difference_high', language, is_plain=true) }}
        || {{ "'）'" if is_chinese else "')'" }}
    {%- endset -%}
    {%- set metric -%}
        case when is_rate then {{ "'转化率'" if is_chinese else "'conversion rate'" }} else {{ "'结果均值'" if is_chinese else "'mean outcome'" }} end
    {%- endset -%}
    {%- set correction -%}
        case
            when comparison_count > 1
                then {{ "'，' || cast(cast(comparison_count as bigint) as varchar) || ' 个组经 Holm 校正'" if is_chinese
                    else "', Holm over ' || cast(cast(comparison_count as bigint) as varchar) || ' variants'" }}
            else ''
        end
    {%- endset -%}
    case verdict_code
        when 'control' then
            case
                when variant_total = 1 then {{ "'只有一个组，无从比较'" if is_chinese else "'one variant alone, nothing to compare'" }}
                else {{ "'对照组，其余各组与它相比'" if is_chinese else "'the control that the others are compared with'" }}
            end
        when 'invalid' then
            {{ "'分流与计划不符（计划 '" if is_chinese else "'units do not split as planned (planned '" }}
            || {{ in_digits('planned_share * 100', 1) }} || '%'
            || {{ "'，实际 '" if is_chinese else "', dealt '" }}
            || {{ in_digits('100.0 * assigned_count / assigned_total', 1) }} || '%'
            || {{ "'，卡方 '" if is_chinese else "', chi-square '" }}
            || case when sample_ratio_p_value < 0.0001 then 'p < 0.0001' else 'p = ' || {{ in_digits('sample_ratio_p_value', 4) }} end
            || {{ "'），结果不可用'" if is_chinese else "'): no result can be used'" }}
        when 'no_evidence' then
            case
                when least(unit_count, control_unit_count) < 2
                    then {{ "'样本不足两个单元，无法检验'" if is_chinese else "'fewer than two units, no test'" }}
                when p_value_adjusted is null
                    then {{ "'两组结果没有差异可检验（全部相同）'" if is_chinese else "'outcomes are all alike, nothing to test'" }}
                else
                    {{ metric }} || {{ "'变化 '" if is_chinese else "' changed by '" }} || {{ interval }}
                    || {{ "'，'" if is_chinese else "', '" }} || {{ p }} || ' > {{ alpha }}' || {{ correction }}
                    || case
                        when greatest(abs(difference_low), abs(difference_high)) < minimum_relevant_effect
                            then {{ "'；区间已排除有业务意义的效应（'" if is_chinese else "'; the interval rules out an effect that matters ('" }}
                                || {{ as_effect('minimum_relevant_effect', language, is_plain=true) }} || {{ "'）'" if is_chinese else "')'" }}
                        when required_unit_count is not null
                            then {{ "'；可检出的最小效应为 '" if is_chinese else "'; the smallest detectable effect is '" }}
                                || coalesce({{ as_effect('minimum_detectable_effect', language, is_plain=true) }}, '–')
                                || {{ "'，要看清 '" if is_chinese else "', to see '" }}
                                || {{ as_effect('minimum_relevant_effect', language, is_plain=true) }}
                                || {{ "' 本组需 '" if is_chinese else "' this variant needs '" }}
                                || cast(cast(required_unit_count as bigint) as varchar)
                                || {{ "' 个单元'" if is_chinese else "' units'" }}
                        else ''
                    end
            end
        else
            {{ metric }} || {{ "'变化 '" if is_chinese else "' changed by '" }} || {{ interval }}
            || {{ "'，'" if is_chinese else "', '" }} || {{ p }} || {{ correction }}
    end
    {#- what a reader must know before using it -#}
    || case when verdict_code not in ('control', 'invalid') and is_small_sample
        then {{ "'；转化过少，正态近似不可靠'" if is_chinese else "'; too few conversions for the normal to be near'" }} else '' end
    || case when crossover_count > 0
        then {{ "'；' || cast(crossover_count as varchar) || ' 个单元被分到多个组，已排除'" if is_chinese
            else "'; ' || cast(crossover_count as varchar) || ' units in several variants left out'" }} else '' end
    || case when several_variants_person_count > 0
        then {{ "'；' || cast(several_variants_person_count as varchar) || ' 个单元的本人也在其他组'" if is_chinese
            else "'; ' || cast(several_variants_person_count as varchar) || ' units belong to people who are in another variant too'" }} else '' end
    || case when has_several_plans
        then {{ "'；计划占比中途变化，未检验分流'" if is_chinese else "'; the plan changed on the way, so the split is not checked'" }} else '' end
    || case when is_plan_assumed
        then {{ "'；无计划占比，按均分检验'" if is_chinese else "'; no planned share, an equal split is assumed'" }} else '' end
    || case when is_control_assumed
        then {{ "'；未识别对照组，以编码最小者为对照'" if is_chinese else "'; no control by name, the first code is taken'" }} else '' end
{%- endmacro %}


{# A number with so many digits after the point, as text. #}
{% macro in_digits(value, digits) -%}
    cast(cast(round({{ value }}, {{ digits }}) as decimal(18, {{ digits }})) as varchar)
{%- endmacro %}


{# An effect as text: a rate's in percentage points, a mean's in its own unit; plain is without a plus. #}
{% macro as_effect(value, language, is_plain=false) -%}
    {%- set plus = "''" if is_plain else "case when " ~ value ~ " > 0 then '+' else '' end" -%}
    {{ plus }} || case
        when is_rate then {{ in_digits(value ~ ' * 100', 2) }} || {{ "' 个百分点'" if language == 'zh' else "' pp'" }}
        else {{ in_digits(value, 2) }}
    end
{%- endmacro %}
