-- Grain: one row per experiment, variant, metric and population.
with

units as (

    select * from {{ ref('int_experiment_units') }}

),

plans as (

    select * from {{ ref('experiment_metrics') }}

),

variants as (

    select
        experiment_ref,
        variant_code,
        count(*) as assigned_count,
        count(*) filter (where is_exposed) as exposed_count,
        count(*) filter (where is_exposed_early) as early_exposure_count,
        count(*) filter (where is_converted and not is_exposed) as unexposed_conversion_count,
        count(*) filter (where is_shared_person) as shared_person_count,
        count(*) filter (where is_person_in_several_variants) as several_variants_person_count,
        count(*) filter (where is_converted is null and outcome_value is null) as unknown_outcome_count,
        max(planned_share) as given_share,
        coalesce(min(planned_share) <> max(planned_share), false) as is_plan_changed,
        min(assigned_at) as first_assigned_at,
        max(assigned_at) as last_assigned_at

    from units
    where not is_crossover
    group by experiment_ref, variant_code

),

crossovers as (

    select
        experiment_ref,
        count(*) as crossover_count
    from units
    where is_crossover
    group by experiment_ref

),

-- the control: from the seed, else the first of the usual names of a control, else the first by code
variants_with_rank as (

    select
        variants.*,
        plans.metric_code as planned_metric_code,
        -- 1 where more is better
        case plans.direction_code when 'decrease' then -1 else 1 end as direction,
        plans.minimum_relevant_effect,
        coalesce(crossovers.crossover_count, 0) as crossover_count,
        case
            when variants.variant_code = plans.control_variant_code then 0
            {%- for name in var('experiment_control_names') %}
            when lower(variants.variant_code) = '{{ name }}' then {{ loop.index }}
            {%- endfor %}
            else {{ var('experiment_control_names') | length + 1 }}
        end as control_rank

    from variants

    left join plans
        on variants.experiment_ref = plans.experiment_ref

    left join crossovers
        on variants.experiment_ref = crossovers.experiment_ref

),

-- variants without a planned share divide the remainder equally
variants_with_role as (

    select
        *,
        row_number() over (partition by experiment_ref order by control_rank, variant_code) = 1 as is_control,
        min(control_rank) over (partition by experiment_ref)
        > {{ var('experiment_control_names') | length }} as is_control_assumed,
        bool_or(is_plan_changed) over (partition by experiment_ref) as has_several_plans,
        count(*) filter (where given_share is null) over (partition by experiment_ref) > 0 as is_plan_assumed,
        coalesce(
            given_share,
            greatest(1 - coalesce(sum(given_share) over (partition by experiment_ref), 0), 0)
            / count(*) filter (where given_share is null) over (partition by experiment_ref)
        ) as filled_share

    from variants_with_rank

),

-- scaled to 1, because a plan may leave people out; after a change of plan there is no single share to compare with
variants_with_planned_share as (

    select
        *,
        case
            when not has_several_plans
                then filled_share / nullif(sum(filled_share) over (partition by experiment_ref), 0)
        end as planned_share

    from variants_with_role

),

-- each metric, for the units of which it is known
unit_metrics as (

    select
        experiment_ref,
        variant_code,
        'is_converted' as metric_code,
        is_exposed,
        is_converted,
        cast(cast(is_converted as integer) as decimal(18, 6)) as metric_value

    from units
    where
        not is_crossover
        and is_converted is not null

    union all

    select
        experiment_ref,
        variant_code,
        'outcome_value' as metric_code,
        is_exposed,
        null as is_converted,
        outcome_value as metric_value

    from units
    where
        not is_crossover
        and outcome_value is not null

),

populations as (

    select 'itt' as population_code
    union all
    select 'exposed' as population_code

),

population_metrics as (

    select
        unit_metrics.experiment_ref,
        unit_metrics.variant_code,
        unit_metrics.metric_code,
        populations.population_code,
        unit_metrics.is_converted,
        unit_metrics.metric_value

    from unit_metrics

    cross join populations

    where populations.population_code = 'itt' or unit_metrics.is_exposed

),

sums as (

    select
        experiment_ref,
        variant_code,
        metric_code,
        population_code,
        count(*) as unit_count,
        count(*) filter (where is_converted) as conversion_count,
        sum(metric_value) as metric_sum,
        cast(sum(metric_value) / count(*) as decimal(18, 6)) as centre

    from population_metrics
    group by experiment_ref, variant_code, metric_code, population_code

),

-- squares about the arm's own centre, because the difference of two large sums loses its digits
spreads as (

    select
        sums.experiment_ref,
        sums.variant_code,
        sums.metric_code,
        sums.population_code,
        cast(sum(population_metrics.metric_value - sums.centre) as double) as deviation_sum,
        cast(
            sum(
                (population_metrics.metric_value - sums.centre) * (population_metrics.metric_value - sums.centre)
            ) as double
        ) as square_sum

    from population_metrics

    inner join sums
        on
            population_metrics.experiment_ref = sums.experiment_ref
            and population_metrics.variant_code = sums.variant_code
            and population_metrics.metric_code = sums.metric_code
            and population_metrics.population_code = sums.population_code

    group by sums.experiment_ref, sums.variant_code, sums.metric_code, sums.population_code

),

metrics as (

    select distinct
        experiment_ref,
        metric_code,
        population_code
    from sums

),

variant_metrics as (

    select
        variants_with_planned_share.*,
        metrics.metric_code,
        metrics.population_code,
        metrics.metric_code = coalesce(
            variants_with_planned_share.planned_metric_code,
            min(metrics.metric_code) over (partition by variants_with_planned_share.experiment_ref)
        ) as is_primary,
        coalesce(sums.unit_count, 0) as unit_count,
        sums.conversion_count,
        cast(sums.metric_sum as double) / sums.unit_count as mean_value,
        {{ sample_variance('spreads.deviation_sum', 'spreads.square_sum', 'sums.unit_count') }} as variance_value

    from variants_with_planned_share

    inner join metrics
        on variants_with_planned_share.experiment_ref = metrics.experiment_ref

    left join sums
        on
            variants_with_planned_share.experiment_ref = sums.experiment_ref
            and variants_with_planned_share.variant_code = sums.variant_code
            and metrics.metric_code = sums.metric_code
            and metrics.population_code = sums.population_code

    left join spreads
        on
            variants_with_planned_share.experiment_ref = spreads.experiment_ref
            and variants_with_planned_share.variant_code = spreads.variant_code
            and metrics.metric_code = spreads.metric_code
            and metrics.population_code = spreads.population_code

),

arms as (

    select
        experiment_ref,
        variant_code,
        metric_code,
        population_code,
        metric_code = 'is_converted' as is_rate,
        is_control,
        is_primary,
        direction,
        unit_count,
        case when metric_code = 'is_converted' then coalesce(conversion_count, 0) end as conversion_count,
        mean_value,
        variance_value,
        -- the minimum relevant effect is planned for the primary metric; for others it is a share of the control's
        -- value
        coalesce(
            case when is_primary then minimum_relevant_effect end,
            nullif(
                abs(
                    max(mean_value) filter (where is_control)
                        over (partition by experiment_ref, metric_code, population_code)
                )
                * {{ var('experiment_minimum_relative_effect') }},
                0
            )
        ) as minimum_relevant_effect,
        planned_share,
        assigned_count,
        exposed_count,
        crossover_count,
        early_exposure_count,
        unexposed_conversion_count,
        shared_person_count,
        several_variants_person_count,
        unknown_outcome_count,
        is_plan_assumed,
        has_several_plans,
        is_control_assumed,
        first_assigned_at,
        last_assigned_at

    from variant_metrics

)

select * from arms
