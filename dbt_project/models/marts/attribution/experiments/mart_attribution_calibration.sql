-- Grain: one row per variant of an experiment that tests a strategy, and attribution model.
{%- set window_days = var('experiment_window_days') %}

with

experiments as (

    select * from {{ ref('fct_experiments') }}
    where
        metric_code = 'is_converted'
        and population_code = 'itt'

),

units as (

    select * from {{ ref('int_experiment_units') }}

),

models as (

    select model_code from {{ ref('attribution_models') }}

),

-- the strategy under test: from the seed, else that of the campaign of the same name
experiment_goals as (

    select
        experiment_refs.experiment_ref,
        coalesce(listed.strategy_code, campaigns.strategy_code) as strategy_code,
        coalesce(listed.goal_code, 'sale') as goal_code

    from (select distinct experiment_ref from experiments) as experiment_refs

    left join {{ ref('experiment_strategies') }} as listed
        on experiment_refs.experiment_ref = listed.experiment_ref

    left join {{ ref('dim_campaigns') }} as campaigns
        on experiment_refs.experiment_ref = campaigns.campaign_key

    where coalesce(listed.strategy_code, campaigns.strategy_code) is not null

),

-- credit belongs to people, so each person has one row; people in two variants are left out
people as (

    select
        units.experiment_ref,
        units.customer_key,
        min(units.variant_code) as variant_code,
        min(units.assigned_at) as assigned_at

    from units

    inner join experiment_goals
        on units.experiment_ref = experiment_goals.experiment_ref

    where units.customer_key is not null
    group by units.experiment_ref, units.customer_key
    having
        not bool_or(units.is_crossover)
        and count(distinct units.variant_code) = 1

),

arms as (

    select
        experiment_ref,
        variant_code,
        count(*) as person_count
    from people
    group by experiment_ref, variant_code

),

-- every person is observed for the same time after assignment, so that arms are comparable
conversions as (

    select
        people.experiment_ref,
        people.variant_code,
        experiment_goals.strategy_code,
        conversions.conversion_key

    from {{ ref('fct_conversions') }} as conversions

    inner join people
        on conversions.customer_key = people.customer_key

    inner join experiment_goals
        on
            people.experiment_ref = experiment_goals.experiment_ref
            and conversions.goal_code = experiment_goals.goal_code

    where
        conversions.converted_at >= people.assigned_at
        and conversions.converted_at < people.assigned_at + interval '{{ window_days }} days'

),

conversions_by_arm as (

    select
        experiment_ref,
        variant_code,
        count(*) as conversion_count
    from conversions
    group by experiment_ref, variant_code

),

credit_by_arm as (

    select
        conversions.experiment_ref,
        conversions.variant_code,
        attribution.model_code,
        -- decimals, because a sum of doubles depends on the order of its rows
        cast(sum(cast(attribution.weight as decimal(18, 12))) as double) as credited_count

    from {{ ref('fct_attribution') }} as attribution

    inner join conversions
        on
            attribution.conversion_key = conversions.conversion_key
            and attribution.strategy_code = conversions.strategy_code

    group by conversions.experiment_ref, conversions.variant_code, attribution.model_code

),

arms_with_control as (

    select
        experiments.experiment_ref,
        experiments.variant_code,
        models.model_code,
        experiment_goals.strategy_code,
        experiment_goals.goal_code,
        experiments.verdict_code,
        arms.person_count,
        experiments.unit_count,
        experiments.conversion_count,
        coalesce(conversions_by_arm.conversion_count, 0) as warehouse_conversion_count,
        experiments.difference * arms.person_count as incremental_conversions,
        experiments.difference_low * arms.person_count as incremental_low,
        experiments.difference_high * arms.person_count as incremental_high,
        coalesce(credit_by_arm.credited_count, 0) as credited_conversions,
        coalesce(control_credited.credited_count, 0) * arms.person_count
        / nullif(control_arms.person_count, 0) as control_credited_conversions

    from experiments

    inner join experiment_goals
        on experiments.experiment_ref = experiment_goals.experiment_ref

    cross join models

    inner join arms
        on
            experiments.experiment_ref = arms.experiment_ref
            and experiments.variant_code = arms.variant_code

    left join arms as control_arms
        on
            experiments.experiment_ref = control_arms.experiment_ref
            and experiments.control_variant_code = control_arms.variant_code

    left join conversions_by_arm
        on
            experiments.experiment_ref = conversions_by_arm.experiment_ref
            and experiments.variant_code = conversions_by_arm.variant_code

    left join credit_by_arm
        on
            experiments.experiment_ref = credit_by_arm.experiment_ref
            and experiments.variant_code = credit_by_arm.variant_code
            and models.model_code = credit_by_arm.model_code

    left join credit_by_arm as control_credited
        on
            experiments.experiment_ref = control_credited.experiment_ref
            and experiments.control_variant_code = control_credited.variant_code
            and models.model_code = control_credited.model_code

    where not experiments.is_control

),

-- an experiment measures the difference between arms, so credit is compared as a difference too
excess as (

    select
        *,
        credited_conversions - control_credited_conversions as excess_credited_conversions

    from arms_with_control

),

calibration as (

    select
        experiment_ref,
        variant_code,
        model_code,
        strategy_code,
        goal_code,
        verdict_code,
        cast({{ window_days }} as bigint) as window_days,
        cast(person_count as bigint) as person_count,
        cast(unit_count as bigint) as unit_count,
        cast(conversion_count as bigint) as conversion_count,
        cast(warehouse_conversion_count as bigint) as warehouse_conversion_count,
        incremental_conversions,
        incremental_low,
        incremental_high,
        cast(round(credited_conversions, 6) as double) as credited_conversions,
        cast(round(control_credited_conversions, 6) as double) as control_credited_conversions,
        cast(round(excess_credited_conversions, 6) as double) as excess_credited_conversions,
        case
            when verdict_code <> 'invalid' and incremental_conversions > 0
                then cast(excess_credited_conversions / incremental_conversions as double)
        end as credit_ratio,
        case
            when verdict_code <> 'invalid'
                then excess_credited_conversions between incremental_low and incremental_high
        end as is_credit_within_interval

    from excess

)

select * from calibration
