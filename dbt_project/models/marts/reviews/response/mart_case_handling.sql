-- Grain: one row per case.
with

cases as (

    select * from {{ ref('fct_cases') }}

),

clocks as (

    select * from {{ ref('fct_response_clock') }}
    where subject_kind = 'case'

),

departments as (

    select * from {{ ref('int_case_departments') }}

),

events as (

    select * from {{ ref('int_case_events') }}

),

assignments as (

    select
        case_key,
        -- a department that replaces another was not the first to have the case
        min(greatest(occurred_at, opened_at)) filter (
            where field = 'owner' or (field = 'department' and field_position = 1 and old_value is null)
        ) as assigned_at,
        cast(count(*) filter (where field = 'owner' and field_position > 1) as bigint) as owner_change_count

    from events
    where field in ('owner', 'department')
    group by case_key

),

solving_departments as (

    -- who had it when it was last solved
    select
        cases.case_key,
        departments.department_code as solving_department_code

    from cases

    inner join departments
        on
            cases.case_key = departments.case_key
            and cases.resolved_at >= departments.arrived_at

    qualify row_number() over (
        partition by cases.case_key
        order by departments.arrived_at desc, departments.stretch_number desc
    ) = 1

),

routes as (

    select
        departments.case_key,
        cast(count(*) - 1 as bigint) as handoff_count,
        string_agg(departments.department_code, ' > ' order by departments.stretch_number asc) as department_path,
        min(departments.arrived_at) filter (
            where departments.department_code = solving_departments.solving_department_code
        ) as right_department_at

    from departments

    left join solving_departments
        on departments.case_key = solving_departments.case_key

    group by departments.case_key

),

routings as (

    -- where the seed sends what the case complains of
    select distinct
        aspects.voice_key as case_key,
        routes_of_aspects.department_code

    from {{ ref('fct_voice_aspects') }} as aspects

    inner join {{ ref('aspect_routing') }} as routes_of_aspects
        on aspects.aspect_code = routes_of_aspects.aspect_code

    where
        aspects.polarity < 0
        -- the cause is for product people, not for who answers the customer
        and routes_of_aspects.severity_code <> 'cause'

),

case_routes as (

    select
        routings.case_key,
        string_agg(routings.department_code, ' / ' order by routings.department_code asc) as routed_department_codes,
        bool_and(routings.department_code <> cases.opening_department_code) as is_off_route

    from routings

    inner join cases
        on routings.case_key = cases.case_key

    group by routings.case_key

),

cases_with_handling as (

    select
        cases.case_key,
        cases.channel_code,
        cases.opened_at,
        cases.opening_department_code,
        cases.department_code,
        solving_departments.solving_department_code,
        clocks.schedule_code,
        assignments.assigned_at,
        coalesce(assignments.owner_change_count, 0) as owner_change_count,
        coalesce(routes.handoff_count, 0) as handoff_count,
        routes.department_path,
        cases.opening_department_code <> solving_departments.solving_department_code as is_misrouted,
        routes.right_department_at,
        case_routes.routed_department_codes,
        case_routes.is_off_route,
        cases.first_solved_at,
        cases.resolved_at,
        cases.reopen_count,
        cases.csat_score,
        cases.compensation_cny

    from cases

    left join clocks
        on cases.case_key = clocks.subject_key

    left join assignments
        on cases.case_key = assignments.case_key

    left join routes
        on cases.case_key = routes.case_key

    left join solving_departments
        on cases.case_key = solving_departments.case_key

    left join case_routes
        on cases.case_key = case_routes.case_key

),

cases_with_readings as (

    select
        cases_with_handling.*,
        {{ business_reading('opening', 'cases_with_handling.opened_at') }} as opening_reading,
        {{ business_reading('assignment', 'cases_with_handling.assigned_at') }} as assignment_reading,
        {{ business_reading('arrival', 'cases_with_handling.right_department_at') }} as arrival_reading

    from cases_with_handling

    {{ business_hours_join('opening', 'cases_with_handling.schedule_code', 'cases_with_handling.opened_at') }}

    {{ business_hours_join('assignment', 'cases_with_handling.schedule_code', 'cases_with_handling.assigned_at') }}

    {{ business_hours_join('arrival', 'cases_with_handling.schedule_code', 'cases_with_handling.right_department_at') }}

),

final as (

    select
        case_key,
        channel_code,
        opened_at,
        opening_department_code,
        department_code,
        solving_department_code,
        department_path,
        handoff_count,
        owner_change_count,
        assigned_at,
        {{ minutes_between('opened_at', 'assigned_at') }} as assign_minutes,
        (assignment_reading - opening_reading) / 60.0 as assign_business_minutes,
        is_misrouted,
        case
            when is_misrouted then {{ minutes_between('opened_at', 'right_department_at') }}
        end as misrouted_minutes,
        case when is_misrouted then (arrival_reading - opening_reading) / 60.0 end as misrouted_business_minutes,
        routed_department_codes,
        is_off_route,
        first_solved_at,
        resolved_at,
        reopen_count,
        csat_score,
        compensation_cny

    from cases_with_readings

)

select * from final
