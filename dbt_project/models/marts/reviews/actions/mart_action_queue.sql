-- Grain: one row per thing to do: a voice or case to answer, a pain point that grew, a tutorial, an alert, a promise.
with

as_of as (

    select * from {{ ref('stg_as_of') }}

),

---------- what the data show, and what was promised and is not done

ledger as (

    select
        actions.*,
        {{ insight_of('actions') }} as bare_insight_ref

    from {{ ref('stg_actions') }} as actions

),

data_actions as (

    select * from {{ ref('int_data_actions') }}

),

promised_actions as (

    -- agreed on, not done, and no longer seen in the data: still owed
    select
        coalesce(ledger.insight_kind, 'other') as insight_kind,
        coalesce(ledger.bare_insight_ref, ledger.action_ref) as insight_ref,
        '完成已承诺的行动' as title_zh,
        'Finish what was promised' as title_en,
        cast(null as string) as brand_code,
        'all' as channel_code,
        'all' as product_key,
        cast(null as string) as aspect_code,
        cast(null as string) as theme_code,
        'ledger' as routed_aspect_code,
        'normal' as severity_code,
        min(ledger.created_at) as opened_at,
        min(ledger.due_at) as due_at,
        min({{ minutes_between('as_of.as_of_end_at', 'ledger.due_at') }}) as minutes_left,
        case when min(ledger.due_at) < max(as_of.as_of_end_at) then 'overdue' else 'due' end as clock_code,
        cast(0 as bigint) as mention_count,
        cast(null as bigint) as previous_mention_count,
        cast(null as double) as mention_rate,
        cast(null as double) as previous_mention_rate,
        cast(null as double) as growth_z,
        cast(null as string) as evidence_voice_key,
        cast(null as string) as evidence_text,
        cast(0 as bigint) as reach_count,
        case when min(ledger.due_at) < max(as_of.as_of_end_at) then 1 else 0 end as urgency,
        0.5 as severity

    from ledger

    cross join as_of

    left join data_actions
        on
            ledger.insight_kind = data_actions.insight_kind
            and ledger.bare_insight_ref = data_actions.insight_ref

    where
        ledger.done_at is null
        and data_actions.insight_ref is null

    group by
        coalesce(ledger.insight_kind, 'other'),
        coalesce(ledger.bare_insight_ref, ledger.action_ref)

),

proposals as (

    select * from data_actions
    union all
    select * from promised_actions

),

---------- who does it, what became of it, and what comes first

routes as (

    select * from {{ ref('aspect_routing') }}

),

actions_with_department as (

    select
        proposals.*,
        coalesce(
            case when proposals.insight_kind = 'alert' then 'public_relations' end,
            own_route.department_code,
            any_route.department_code
        ) as department_code,
        case proposals.insight_kind
            when 'alert' then 'crisis_response'
            when 'tutorial' then 'write_tutorial'
            else coalesce(own_route.action_code, any_route.action_code)
        end as action_code

    from proposals

    left join routes as own_route
        on
            proposals.routed_aspect_code = own_route.aspect_code
            and proposals.severity_code = own_route.severity_code

    left join routes as any_route
        on
            any_route.aspect_code = 'all'
            and proposals.severity_code = any_route.severity_code

),

latest_action as (

    select * from ledger
    qualify row_number() over (
        partition by insight_kind, coalesce(bare_insight_ref, action_ref)
        order by created_at desc, record_key asc
    ) = 1

),

weights as (

    select
        sum(weight) filter (where component_code = 'urgency') / sum(weight) as urgency_weight,
        sum(weight) filter (where component_code = 'severity') / sum(weight) as severity_weight,
        sum(weight) filter (where component_code = 'size') / sum(weight) as size_weight,
        sum(weight) filter (where component_code = 'reach') / sum(weight) as reach_weight

    from {{ ref('action_priority_weights') }}

),

actions_with_size as (

    select
        *,
        -- log scales that are full at a thousand voices and at a million people
        least(ln(1 + mention_count) / ln(1001), 1) as size,
        least(ln(1 + reach_count) / ln(1000001), 1) as reach

    from actions_with_department

),

final as (

    select

        ---------- what
        actions_with_size.insight_kind || ':' || actions_with_size.insight_ref as action_id,
        actions_with_size.insight_kind,
        actions_with_size.insight_ref,
        actions_with_size.title_zh,
        actions_with_size.title_en,
        actions_with_size.brand_code,
        actions_with_size.channel_code,
        actions_with_size.product_key,
        actions_with_size.aspect_code,
        actions_with_size.theme_code,
        actions_with_size.severity_code,

        ---------- who
        coalesce(latest_action.department_code, actions_with_size.department_code) as department_code,
        departments.label_zh as department_label_zh,
        coalesce(latest_action.action_code, actions_with_size.action_code) as action_code,
        coalesce(action_codes.label_zh, latest_action.action_code) as action_label_zh,

        ---------- by when
        actions_with_size.opened_at,
        actions_with_size.due_at,
        actions_with_size.minutes_left,
        actions_with_size.clock_code,

        ---------- what became of it
        case
            when latest_action.record_key is null then 'proposed'
            when latest_action.done_at is not null then 'done'
            when latest_action.due_at < as_of.as_of_end_at then 'overdue'
            else 'open'
        end as status_code,
        latest_action.action_ref,
        latest_action.owner_ref,
        latest_action.due_at as action_due_at,
        latest_action.done_at as action_done_at,

        ---------- the evidence
        actions_with_size.mention_count,
        actions_with_size.previous_mention_count,
        actions_with_size.mention_rate,
        actions_with_size.previous_mention_rate,
        actions_with_size.growth_z,
        actions_with_size.evidence_voice_key,
        actions_with_size.evidence_text,

        ---------- what comes first
        cast(actions_with_size.urgency as double) as urgency,
        cast(actions_with_size.severity as double) as severity,
        cast(actions_with_size.size as double) as size,
        cast(actions_with_size.reach as double) as reach,
        cast(round(100 * (
            weights.urgency_weight * actions_with_size.urgency + weights.severity_weight * actions_with_size.severity
            + weights.size_weight * actions_with_size.size + weights.reach_weight * actions_with_size.reach
        ), 2) as double) as priority_score,
        as_of.as_of

    from actions_with_size

    cross join weights

    cross join as_of

    left join latest_action
        on
            actions_with_size.insight_kind = coalesce(latest_action.insight_kind, 'other')
            and actions_with_size.insight_ref = coalesce(latest_action.bare_insight_ref, latest_action.action_ref)

    left join {{ ref('departments') }} as departments
        on coalesce(latest_action.department_code, actions_with_size.department_code) = departments.department_code

    left join {{ ref('action_codes') }} as action_codes
        on coalesce(latest_action.action_code, actions_with_size.action_code) = action_codes.action_code

)

select * from final
