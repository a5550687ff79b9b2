-- Grain: one row per basis, month, department, channel and kind of subject, "all" where a dimension is summed up.
with

clocks as (

    select
        *,
        case when subject_kind = 'case' then 'case' else split_part(subject_key, ':', 1) end as subject_type_code

    from {{ ref('fct_response_clock') }}

),

responses as (

    select
        *,
        target_kind as subject_type_code

    from {{ ref('fct_responses') }}

),

-- what arrived in the month, by who owed the answer: rates belong here
arrivals as (

    select
        'arrival' as basis_code,
        cast(date_trunc('month', opened_at) as date) as month_start,
        department_code,
        channel_code,
        subject_type_code,
        1 as subject_count,
        0 as response_count,
        0 as automated_response_count,
        case when first_automated_reply_at is not null then 1 else 0 end as automated_reply_count,
        case when first_reply_at is not null then 1 else 0 end as replied_count,
        case when handled_at is not null then 1 else 0 end as handled_count,
        case when first_reply_at is null and withdrawn_at is null then 1 else 0 end as unanswered_count,
        case when is_reply_met is not null then 1 else 0 end as judged_count,
        case when is_reply_met then 1 else 0 end as met_count,
        first_reply_minutes,
        first_reply_business_minutes

    from clocks

),

-- what was answered in the month, by who answered: counts of work and the times of first replies belong here
first_replies as (

    select
        'reply' as basis_code,
        cast(date_trunc('month', first_reply_at) as date) as month_start,
        first_reply_department_code as department_code,
        channel_code,
        subject_type_code,
        0 as subject_count,
        0 as response_count,
        0 as automated_response_count,
        0 as automated_reply_count,
        1 as replied_count,
        0 as handled_count,
        0 as unanswered_count,
        case when is_reply_met is not null then 1 else 0 end as judged_count,
        case when is_reply_met then 1 else 0 end as met_count,
        first_reply_minutes,
        first_reply_business_minutes

    from clocks
    where first_reply_at is not null

),

answers as (

    select
        'reply' as basis_code,
        cast(date_trunc('month', responded_at) as date) as month_start,
        department_code,
        channel_code,
        subject_type_code,
        0 as subject_count,
        case when is_automated then 0 else 1 end as response_count,
        case when is_automated then 1 else 0 end as automated_response_count,
        0 as automated_reply_count,
        0 as replied_count,
        0 as handled_count,
        0 as unanswered_count,
        0 as judged_count,
        0 as met_count,
        cast(null as double) as first_reply_minutes,
        cast(null as double) as first_reply_business_minutes

    from responses

),

all_events as (

    select * from arrivals
    union all
    select * from first_replies
    union all
    select * from answers

),

events_with_department as (

    select
        basis_code,
        month_start,
        coalesce(department_code, 'unknown') as department_code,
        channel_code,
        subject_type_code,
        subject_count,
        response_count,
        automated_response_count,
        automated_reply_count,
        replied_count,
        handled_count,
        unanswered_count,
        judged_count,
        met_count,
        first_reply_minutes,
        first_reply_business_minutes

    from all_events

),

event_totals as (

    select
        basis_code,
        month_start,
        coalesce(department_code, 'all') as department_code,
        coalesce(channel_code, 'all') as channel_code,
        coalesce(subject_type_code, 'all') as subject_type_code,
        cast(sum(subject_count) as bigint) as subject_count,
        cast(sum(replied_count) as bigint) as replied_count,
        cast(sum(handled_count) as bigint) as handled_count,
        cast(sum(unanswered_count) as bigint) as unanswered_count,
        cast(sum(automated_reply_count) as bigint) as automated_reply_count,
        cast(sum(response_count) as bigint) as response_count,
        cast(sum(automated_response_count) as bigint) as automated_response_count,
        cast(sum(judged_count) as bigint) as judged_count,
        cast(sum(met_count) as bigint) as met_count,
        -- of each row's own replies: medians are never summed
        percentile_cont(0.5) within group (order by first_reply_minutes) as median_minutes,
        percentile_cont(0.9) within group (order by first_reply_minutes) as p90_minutes,
        percentile_cont(0.5) within group (order by first_reply_business_minutes) as median_business_minutes,
        percentile_cont(0.9) within group (order by first_reply_business_minutes) as p90_business_minutes

    from events_with_department
    group by grouping sets (
        (basis_code, month_start, department_code, channel_code, subject_type_code),
        (basis_code, month_start, department_code, channel_code),
        (basis_code, month_start, department_code, subject_type_code),
        (basis_code, month_start, department_code),
        (basis_code, month_start, channel_code, subject_type_code),
        (basis_code, month_start, channel_code),
        (basis_code, month_start, subject_type_code),
        (basis_code, month_start)
    )

),

final as (

    select
        basis_code,
        month_start,
        department_code,
        channel_code,
        subject_type_code,
        subject_count,
        replied_count,
        cast(replied_count as double) / nullif(subject_count, 0) as response_rate,
        handled_count,
        unanswered_count,
        automated_reply_count,
        response_count,
        automated_response_count,
        judged_count,
        met_count,
        cast(met_count as double) / nullif(judged_count, 0) as met_share,
        median_minutes,
        p90_minutes,
        median_business_minutes,
        p90_business_minutes

    from event_totals

)

select * from final
