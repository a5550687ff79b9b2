-- Grain: one row per unit of an experiment, those that were assigned to several variants included.
with

source as (

    select * from {{ ref('stg_experiments') }}

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

-- every live version counts, for the last one hides that a unit was dealt another variant before
reassigned as (

    select
        experiment_ref,
        unit_ref

    from {{ source('raw', 'experiments') }}
    where superseded_load_id is null
    group by experiment_ref, unit_ref
    having count(distinct variant_code) > 1

),

-- two channels may report one unit
merged as (

    select
        experiment_ref,
        unit_ref,
        min(variant_code) as variant_code,
        max(planned_share) as planned_share,
        min(assigned_at) as assigned_at,
        min(exposed_at) as exposed_at,
        bool_or(is_converted) as is_converted,
        -- decimals, for a sum of doubles depends on the order in which it is made; from a billion on a value is
        -- unknown, so that squares of it can be summed
        max(cast(try_cast(outcome_value as decimal(15, 6)) as decimal(18, 6))) as outcome_value

    from source
    group by experiment_ref, unit_ref

),

resolved as (

    select
        merged.experiment_ref,
        merged.unit_ref,
        identities.customer_key,
        merged.variant_code,
        merged.planned_share,
        merged.assigned_at,
        merged.exposed_at,
        merged.is_converted,
        -- who did not convert and brought no value brought none; a buyer without a value is unknown
        coalesce(merged.outcome_value, case when not merged.is_converted then 0 end) as outcome_value,
        reassigned.unit_ref is not null as is_crossover,
        coalesce(merged.exposed_at >= merged.assigned_at, false) as is_exposed,
        coalesce(merged.exposed_at < merged.assigned_at, false) as is_exposed_early

    from merged

    left join reassigned
        on
            merged.experiment_ref = reassigned.experiment_ref
            and merged.unit_ref = reassigned.unit_ref

    left join identities
        on merged.unit_ref = identities.node

),

people as (

    select
        experiment_ref,
        customer_key,
        min(variant_code) as first_variant_code,
        max(variant_code) as last_variant_code

    from resolved
    where customer_key is not null
    group by experiment_ref, customer_key
    having count(*) > 1

),

units as (

    select
        resolved.experiment_ref,
        resolved.unit_ref,
        resolved.customer_key,
        resolved.variant_code,
        resolved.planned_share,
        resolved.assigned_at,
        resolved.exposed_at,
        resolved.is_converted,
        resolved.outcome_value,
        resolved.is_crossover,
        resolved.is_exposed,
        resolved.is_exposed_early,
        people.customer_key is not null as is_shared_person,
        coalesce(people.first_variant_code <> people.last_variant_code, false) as is_person_in_several_variants

    from resolved

    left join people
        on
            resolved.experiment_ref = people.experiment_ref
            and resolved.customer_key = people.customer_key

)

select * from units
