-- Grain: one row per crisis.
with

crises as (

    select * from {{ ref('stg_crises') }}

),

timed as (

    select
        record_key as crisis_key,
        channel_code,
        crisis_ref,
        title,
        level_code,
        detected_at,
        declared_at,
        first_statement_at,
        apology_at,
        plan_published_at,
        closed_at,
        {{ minutes_between('detected_at', 'declared_at') }} as declaration_minutes,
        {{ minutes_between('detected_at', 'first_statement_at') }} as first_statement_minutes

    from crises

)

select * from timed
