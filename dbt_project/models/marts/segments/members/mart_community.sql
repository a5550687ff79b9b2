-- Grain: one row per week and per month in which the groups of the private domain were active.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

members as (

    select
        customer_key,
        cast(private_domain_joined_at as date) as joined_on
    from {{ ref('dim_customers') }}
    where private_domain_joined_at is not null

),

activity as (

    select
        identities.customer_key,
        members.customer_key is not null as is_member,
        activity.community_ref,
        activity.active_on,
        activity.post_count,
        activity.event_ref

    from {{ ref('stg_community_activity') }} as activity

    inner join as_of
        on activity.active_on <= as_of.as_of

    left join {{ ref('int_customer_identities') }} as identities
        on activity.customer_ref = identities.node

    left join members
        on
            identities.customer_key = members.customer_key
            and activity.active_on >= members.joined_on

),

bounds as (

    select
        min(activity.active_on) as first_day,
        max(as_of.as_of) as last_day

    from activity

    cross join as_of

),

days as (

    {{ day_series('first_day', 'last_day') }}
    from bounds

),

kinds as (

    select 'week' as period_kind
    union all
    select 'month' as period_kind

),

periods as (

    select
        kinds.period_kind,
        case
            when kinds.period_kind = 'week' then {{ week_of('days.day') }}
            else cast(date_trunc('month', days.day) as date)
        end as period_start,
        days.day

    from days

    cross join kinds

),

lengths as (

    select
        periods.period_kind,
        periods.period_start,
        count(*) as day_count,
        max(periods.day) as last_day,
        -- the first period may begin before the data, the last may still run
        min(periods.day) = periods.period_start
        and max(periods.day) + 1 = cast(
            periods.period_start
            + case when periods.period_kind = 'week' then interval '7 days' else interval '1 month' end as date
        ) as is_complete

    from periods
    group by periods.period_kind, periods.period_start

),

bases as (

    select
        lengths.period_kind,
        lengths.period_start,
        count(*) as member_count

    from lengths

    inner join members
        on lengths.last_day >= members.joined_on

    group by lengths.period_kind, lengths.period_start

),

actives as (

    select
        periods.period_kind,
        periods.period_start,
        count(distinct case when activity.is_member then activity.customer_key end) as active_member_count,
        count(distinct case when not activity.is_member then activity.customer_key end) as other_active_count,
        count(distinct case when activity.event_ref is not null and activity.is_member then activity.customer_key end)
            as participant_count,
        count(distinct activity.event_ref) as event_count,
        count(distinct activity.community_ref) as community_count,
        sum(activity.post_count) as post_count

    from periods

    inner join activity
        on periods.day = activity.active_on

    group by periods.period_kind, periods.period_start

),

active_days as (

    select
        active_on,
        count(distinct customer_key) as active_count

    from activity
    where is_member
    group by active_on

),

daily as (

    select
        periods.period_kind,
        periods.period_start,
        sum(active_days.active_count) as active_member_days

    from periods

    inner join active_days
        on periods.day = active_days.active_on

    group by periods.period_kind, periods.period_start

),

periods_with_counts as (

    select
        lengths.*,
        coalesce(bases.member_count, 0) as member_count,
        {%- for column in ['active_member', 'other_active', 'participant', 'event', 'community', 'post'] %}
        cast(coalesce(actives.{{ column }}_count, 0) as bigint) as {{ column }}_count,
        {%- endfor %}
        coalesce(daily.active_member_days, 0) / lengths.day_count as mean_daily_active

    from lengths

    left join bases
        on
            lengths.period_kind = bases.period_kind
            and lengths.period_start = bases.period_start

    left join actives
        on
            lengths.period_kind = actives.period_kind
            and lengths.period_start = actives.period_start

    left join daily
        on
            lengths.period_kind = daily.period_kind
            and lengths.period_start = daily.period_start

),

final as (

    select
        period_kind,
        period_start,
        is_complete,
        {%- for column, expression in [
            ('member_count', 'member_count'),
            ('active_member_count', 'active_member_count'),
            ('active_rate', 'round(active_member_count / nullif(member_count, 0), 6)'),
            ('mean_daily_active', 'round(mean_daily_active, 4)'),
            ('daily_active_rate', 'round(mean_daily_active / nullif(member_count, 0), 6)'),
            ('stickiness', 'round(mean_daily_active / nullif(active_member_count, 0), 6)'),
            ('participant_count', 'participant_count'),
            ('event_participation_rate', 'round(participant_count / nullif(member_count, 0), 6)'),
            ('active_participation_rate', 'round(participant_count / nullif(active_member_count, 0), 6)'),
            ('other_active_count', 'other_active_count'),
        ] %}
        {{ unless_small(expression, 'member_count') }} as {{ column }},
        {%- endfor %}
        event_count,
        community_count,
        post_count,
        {{ small_cell('member_count') }} as is_suppressed

    from periods_with_counts

)

select * from final
