-- Grain: one row per action that was promised because of an insight.
with

as_of as (

    select * from {{ ref('stg_as_of') }}

),

actions as (

    select
        *,
        {{ insight_of('actions') }} as bare_insight_ref

    from {{ ref('stg_actions') }} as actions

),

final as (

    select
        actions.record_key as action_key,
        actions.action_ref,
        actions.insight_kind,
        actions.bare_insight_ref as insight_ref,
        -- logistics, or logistics@crm:P003 for one product
        case
            when position('@' in actions.bare_insight_ref) > 0
                then substring(actions.bare_insight_ref, position('@' in actions.bare_insight_ref) + 1)
            else 'all'
        end as product_key,
        actions.department_code,
        actions.action_code,
        actions.owner_ref,
        actions.created_at,
        actions.due_at,
        actions.done_at,
        case
            when actions.done_at is not null then 'done'
            when actions.due_at < as_of.as_of_end_at then 'overdue'
            else 'open'
        end as status_code,
        case
            when actions.done_at is not null then actions.done_at <= actions.due_at
            when actions.due_at < as_of.as_of_end_at then false
        end as is_done_on_time

    from actions

    cross join as_of

)

select * from final
