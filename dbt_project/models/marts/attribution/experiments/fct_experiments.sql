-- Grain: one row per experiment, variant, metric and population.
{%- set alpha = var('experiment_alpha') %}
{%- set ratio_alpha = var('experiment_ratio_alpha') %}

with

arms as (

    select * from {{ ref('int_experiment_arms') }}

),

tests as (

    select * from {{ ref('int_experiment_tests') }}

),

findings as (

    select
        arms.*,
        tests.control_unit_count,
        tests.control_mean_value,
        tests.difference,
        tests.difference_low,
        tests.difference_high,
        tests.relative_difference,
        tests.interval_level,
        tests.simultaneous_low,
        tests.simultaneous_high,
        tests.p_value,
        tests.p_value_adjusted,
        tests.comparison_count,
        tests.power,
        tests.minimum_detectable_effect,
        tests.required_unit_count,
        tests.sample_ratio_p_value,
        tests.exposure_ratio_p_value,
        tests.is_small_sample,
        max(case when arms.is_control then arms.variant_code end) over (
            partition by arms.experiment_ref
        ) as control_variant_code,
        case
            when arms.is_control then 'control'
            when tests.p_value_adjusted > {{ alpha }} or tests.p_value_adjusted is null then 'no_evidence'
            when tests.difference * arms.direction > 0 then 'lift'
            else 'harm'
        end as finding_code

    from arms

    inner join tests
        on
            arms.experiment_ref = tests.experiment_ref
            and arms.variant_code = tests.variant_code
            and arms.metric_code = tests.metric_code
            and arms.population_code = tests.population_code

),

-- the primary metric among all assigned units decides the verdict
verdicts as (

    select
        *,
        sum(assigned_count) over (partition by experiment_ref) as assigned_total,
        count(*) over (partition by experiment_ref) as variant_total,
        case
            when is_control then 'control'
            when sample_ratio_p_value < {{ ratio_alpha }} then 'invalid'
            else finding_code
        end as verdict_code

    from findings
    where is_primary and population_code = 'itt'

),

verdict_reasons as (

    select
        experiment_ref,
        variant_code,
        verdict_code,
        {{ experiment_reason('zh') }} as verdict_reason_zh,
        {{ experiment_reason('en') }} as verdict_reason_en

    from verdicts

),

experiments as (

    select
        findings.experiment_ref,
        findings.variant_code,
        findings.metric_code,
        findings.population_code,
        findings.control_variant_code,
        findings.is_control,
        findings.is_primary,
        case when findings.is_rate then 'rate' else 'mean' end as metric_kind_code,
        case when findings.direction < 0 then 'decrease' else 'increase' end as direction_code,
        cast(findings.unit_count as bigint) as unit_count,
        cast(findings.conversion_count as bigint) as conversion_count,
        findings.mean_value,
        case when not findings.is_rate then sqrt(findings.variance_value) end as standard_deviation,
        cast(findings.control_unit_count as bigint) as control_unit_count,
        findings.control_mean_value,
        findings.difference,
        findings.difference_low,
        findings.difference_high,
        findings.interval_level,
        findings.simultaneous_low,
        findings.simultaneous_high,
        findings.relative_difference,
        findings.p_value,
        findings.p_value_adjusted,
        cast(findings.comparison_count as bigint) as comparison_count,
        findings.sample_ratio_p_value,
        findings.exposure_ratio_p_value,
        findings.power,
        findings.minimum_relevant_effect,
        findings.minimum_detectable_effect,
        cast(findings.required_unit_count as bigint) as required_unit_count,
        findings.finding_code,
        verdict_reasons.verdict_code,
        verdict_reasons.verdict_reason_zh,
        verdict_reasons.verdict_reason_en,
        findings.planned_share,
        cast(findings.assigned_count as bigint) as assigned_count,
        cast(findings.exposed_count as bigint) as exposed_count,
        cast(findings.crossover_count as bigint) as crossover_count,
        cast(findings.early_exposure_count as bigint) as early_exposure_count,
        cast(findings.unexposed_conversion_count as bigint) as unexposed_conversion_count,
        cast(findings.shared_person_count as bigint) as shared_person_count,
        cast(findings.several_variants_person_count as bigint) as several_variants_person_count,
        cast(findings.unknown_outcome_count as bigint) as unknown_outcome_count,
        findings.is_small_sample,
        findings.is_plan_assumed,
        findings.has_several_plans,
        findings.is_control_assumed,
        findings.first_assigned_at,
        findings.last_assigned_at

    from findings

    inner join verdict_reasons
        on
            findings.experiment_ref = verdict_reasons.experiment_ref
            and findings.variant_code = verdict_reasons.variant_code

)

select * from experiments
