-- Grain: one row per customer and period on one rung of the ladder from buyer to partner, half-open.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

rules as (

    select
        *,
        -- the highest rung counts, among equals the first position
        rung * 1000 - rule_position as place
    from {{ ref('partner_rules') }}

),

evidence_days as (

    select
        evidence.customer_key,
        evidence.reached_on,
        rules.place

    from {{ ref('int_partner_evidence') }} as evidence

    inner join rules
        on evidence.rule_code = rules.rule_code

    union all

    -- every known customer has a rung
    select
        customers.customer_key,
        least(customers.known_since, as_of.as_of) as reached_on,
        rules.place

    from {{ ref('dim_customers') }} as customers

    cross join as_of

    inner join rules
        on rules.evidence_code = 'known'

),

days as (

    select
        customer_key,
        reached_on,
        max(place) as place

    from evidence_days
    group by customer_key, reached_on

),

states as (

    select
        customer_key,
        reached_on,
        max(place) over (partition by customer_key order by reached_on) as place

    from days

),

states_with_partner as (

    select
        states.customer_key,
        states.reached_on,
        rules.partner_code,
        rules.rung,
        rules.rule_code,
        lag(rules.partner_code) over (partition by states.customer_key order by states.reached_on)
            as previous_partner_code

    from states

    inner join rules
        on states.place = rules.place

),

final as (

    select
        customer_key,
        reached_on as valid_from,
        lead(reached_on) over (partition by customer_key order by reached_on) as valid_to,
        partner_code,
        rung,
        rule_code,
        previous_partner_code

    from states_with_partner
    where partner_code is distinct from previous_partner_code

)

select * from final
