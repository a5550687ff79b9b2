-- Grain: one row per month in which customers joined the private domain, and source; `all` is a total. The same people
-- before and after, and on the days after joining; days that the data do not cover are null.
{%- set days = var('private_domain_purchase_days') %}
with

as_of as (

    select
        as_of,
        as_of_end_at
    from {{ ref('stg_as_of') }}

),

joiners as (

    select
        customers.customer_key,
        customers.private_domain_joined_at as joined_at,
        cast(customers.private_domain_joined_at as date) as joined_on

    from {{ ref('dim_customers') }} as customers

    inner join as_of
        on customers.private_domain_joined_at < as_of.as_of_end_at

),

sources as (

    select
        touches.customer_key,
        touches.strategy_code as source_code

    from {{ ref('fct_touchpoints') }} as touches

    inner join joiners
        on
            touches.customer_key = joiners.customer_key
            and touches.touched_at <= joiners.joined_at

    where
        touches.excluded_code is null
        and touches.domain_code = 'public'
    qualify row_number() over (
        partition by touches.customer_key
        order by touches.touched_at desc, touches.touch_key asc
    ) = 1

),

orders as (

    select
        customer_key,
        ordered_at
    from {{ ref('fct_orders') }}
    where is_valid

),

activity as (

    select distinct
        identities.customer_key,
        activity.active_on

    from {{ ref('stg_community_activity') }} as activity

    inner join {{ ref('int_customer_identities') }} as identities
        on activity.customer_ref = identities.node

),

first_files as (

    select cast(min(export_date) as timestamp) as started_at
    from {{ source('raw', 'files') }}
    where outcome = 'landed'

),

first_orders as (

    select min(ordered_at) as started_at from orders

),

first_activity as (

    select min(active_on) as started_on from activity

),

starts as (

    -- a few old orders in the first export do not mean that their days are covered
    select
        greatest(first_orders.started_at, first_files.started_at) as orders_from,
        first_activity.started_on as activity_from

    from first_files

    cross join first_orders

    cross join first_activity

),

purchases as (

    select
        joiners.customer_key,
        bool_or(orders.ordered_at < joiners.joined_at) as has_bought_before,
        bool_or(orders.ordered_at >= joiners.joined_at) as has_bought_after

    from joiners

    inner join orders
        on
            joiners.customer_key = orders.customer_key
            and joiners.joined_at - {{ days }} * interval '1 day' <= orders.ordered_at
            and joiners.joined_at + {{ days }} * interval '1 day' > orders.ordered_at

    group by joiners.customer_key

),

days_active as (

    select
        joiners.customer_key,
        bool_or(activity.active_on - joiners.joined_on between 1 and 30) as is_active_1_30,
        bool_or(activity.active_on - joiners.joined_on = 30) as is_active_on_30,
        bool_or(activity.active_on - joiners.joined_on between 27 and 33) as is_active_around_30,
        bool_or(activity.active_on - joiners.joined_on >= 30) as is_active_from_30

    from joiners

    inner join activity
        on joiners.customer_key = activity.customer_key

    inner join as_of
        on activity.active_on <= as_of.as_of

    group by joiners.customer_key

),

joiners_with_outcome as (

    select
        cast(date_trunc('month', joiners.joined_at) as date) as month_start,
        coalesce(sources.source_code, 'unknown') as source_code,
        coalesce(
            joiners.joined_at - {{ days }} * interval '1 day' >= starts.orders_from
            and joiners.joined_at + {{ days }} * interval '1 day' <= as_of.as_of_end_at, false
        ) as is_compared,
        coalesce(joiners.joined_at + {{ days }} * interval '1 day' <= as_of.as_of_end_at, false)
        and coalesce(joiners.joined_at >= starts.orders_from, false) as is_followed,
        cast(coalesce(purchases.has_bought_before, false) as integer) as bought_before,
        cast(coalesce(purchases.has_bought_after, false) as integer) as bought_after,
        coalesce(joiners.joined_on + 1 >= starts.activity_from and joiners.joined_on + 30 <= as_of.as_of, false)
            as is_day_30_over,
        coalesce(joiners.joined_on + 1 >= starts.activity_from and joiners.joined_on + 33 <= as_of.as_of, false)
            as is_day_33_over,
        coalesce(days_active.is_active_1_30, false) as is_active_1_30,
        coalesce(days_active.is_active_on_30, false) as is_active_on_30,
        coalesce(days_active.is_active_around_30, false) as is_active_around_30,
        coalesce(days_active.is_active_from_30, false) as is_active_from_30

    from joiners

    cross join as_of

    cross join starts

    left join sources
        on joiners.customer_key = sources.customer_key

    left join purchases
        on joiners.customer_key = purchases.customer_key

    left join days_active
        on joiners.customer_key = days_active.customer_key

),

joiner_counts as (

    select
        case when grouping(month_start) = 1 then 'all' else 'month' end as period_kind,
        min(month_start) as month_start,
        case when grouping(source_code) = 1 then 'all' else source_code end as source_code,
        count(*) as joined_count,
        count(*) filter (where is_followed) as followed_count,
        count(*) filter (where is_followed and bought_after = 1) as followed_buyer_count,
        count(*) filter (where is_compared) as compared_count,
        avg(bought_before) filter (where is_compared) as before_rate,
        avg(bought_after) filter (where is_compared) as after_rate,
        avg(bought_after - bought_before) filter (where is_compared) as change,
        stddev_samp(bought_after - bought_before) filter (where is_compared) as change_deviation,
        count(*) filter (where is_day_30_over) as day_30_count,
        count(*) filter (where is_day_33_over) as day_33_count,
        count(*) filter (where is_day_30_over and is_active_1_30) as active_1_30_count,
        count(*) filter (where is_day_30_over and is_active_on_30) as active_on_30_count,
        count(*) filter (where is_day_33_over and is_active_around_30) as active_around_30_count,
        count(*) filter (where is_day_30_over and is_active_from_30) as active_from_30_count

    from joiners_with_outcome
    group by cube (month_start, source_code)
    having count(*) > 0

),

final as (

    -- rounded, because the last digits of a sum of doubles depend on the order of its rows
    select
        period_kind,
        month_start,
        source_code,
        {%- for column, expression in [
            ('joined_count', 'joined_count'),
            ('followed_count', 'followed_count'),
            ('followed_buyer_count', 'followed_buyer_count'),
            ('purchase_rate', 'round(followed_buyer_count / nullif(followed_count, 0), 6)'),
            ('compared_count', 'compared_count'),
            ('purchase_rate_before', 'round(before_rate, 6)'),
            ('purchase_rate_after', 'round(after_rate, 6)'),
            ('purchase_rate_change', 'round(change, 6)'),
            ('purchase_rate_change_low', 'round(change - ' ~ paired_margin('change_deviation', 'compared_count') ~ ', 6)'),
            ('purchase_rate_change_high', 'round(change + ' ~ paired_margin('change_deviation', 'compared_count') ~ ', 6)'),
            ('relative_change', 'round(after_rate / nullif(before_rate, 0) - 1, 6)'),
            ('day_30_count', 'day_30_count'),
            ('active_1_30_count', 'active_1_30_count'),
            ('active_1_30_rate', 'round(active_1_30_count / nullif(day_30_count, 0), 6)'),
            ('active_on_30_count', 'active_on_30_count'),
            ('d30_retention_rate', 'round(active_on_30_count / nullif(day_30_count, 0), 6)'),
            ('d30_window_rate', 'round(active_around_30_count / nullif(day_33_count, 0), 6)'),
            ('active_from_30_count', 'active_from_30_count'),
            ('d30_rolling_rate', 'round(active_from_30_count / nullif(day_30_count, 0), 6)'),
        ] %}
        {{ unless_small(expression, 'joined_count') }} as {{ column }},
        {%- endfor %}
        {{ small_cell('joined_count') }} as is_suppressed

    from joiner_counts

)

select * from final
