-- Grain: one row per unit of an experiment, those that were assigned to several variants included.
with

source as (

    select * from {{ ref('stg_experiments') }}

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

-- every live version is read, because the last one hides that a unit had another variant before
reassigned_units as (

    select
        experiment_ref,
        unit_ref

    from {{ source('raw', 'experiments') }}
    where superseded_load_id is null
    group by experiment_ref, unit_ref
    having count(distinct variant_code) > 1

),

-- two channels may report one unit
source_units as (

    select
        experiment_ref,
        unit_ref,
        min(variant_code) as variant_code,
        max(planned_share) as planned_share,
        min(assigned_at) as assigned_at,
        min(exposed_at) as exposed_at,
        bool_or(is_converted) as is_converted,
        -- decimals, because a sum of doubles depends on the order of its rows; values from a billion on are unknown, so
        -- that their squares can be summed
        max(cast(try_cast(outcome_value as decimal(15, 6)) as decimal(18, 6))) as outcome_value

    from source
    group by experiment_ref, unit_ref

),

units_with_customer as (

    select
        source_units.experiment_ref,
        source_units.unit_ref,
        identities.customer_key,
        source_units.variant_code,
        source_units.planned_share,
        source_units.assigned_at,
        source_units.exposed_at,
        source_units.is_converted,
        -- a missing value is 0 for a unit that did not convert, and unknown for one that did
        coalesce(source_units.outcome_value, case when not source_units.is_converted then 0 end) as outcome_value,
        reassigned_units.unit_ref is not null as is_crossover,
        coalesce(source_units.exposed_at >= source_units.assigned_at, false) as is_exposed,
        coalesce(source_units.exposed_at < source_units.assigned_at, false) as is_exposed_early

    from source_units

    left join reassigned_units
        on
            source_units.experiment_ref = reassigned_units.experiment_ref
            and source_units.unit_ref = reassigned_units.unit_ref

    left join identities
        on source_units.unit_ref = identities.node

),

people as (

    select
        experiment_ref,
        customer_key,
        min(variant_code) as first_variant_code,
        max(variant_code) as last_variant_code

    from units_with_customer
    where customer_key is not null
    group by experiment_ref, customer_key
    having count(*) > 1

),

units as (

    select
        units_with_customer.experiment_ref,
        units_with_customer.unit_ref,
        units_with_customer.customer_key,
        units_with_customer.variant_code,
        units_with_customer.planned_share,
        units_with_customer.assigned_at,
        units_with_customer.exposed_at,
        units_with_customer.is_converted,
        units_with_customer.outcome_value,
        units_with_customer.is_crossover,
        units_with_customer.is_exposed,
        units_with_customer.is_exposed_early,
        people.customer_key is not null as is_shared_person,
        coalesce(people.first_variant_code <> people.last_variant_code, false) as is_person_in_several_variants

    from units_with_customer

    left join people
        on
            units_with_customer.experiment_ref = people.experiment_ref
            and units_with_customer.customer_key = people.customer_key

)

select * from units
