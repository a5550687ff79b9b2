-- Grain: one row per month in which invitations were sent or joiners are followed, and one for all time.
{%- set kind = "case when grouping(month_start) = 1 then 'all' else 'month' end" %}
with

as_of as (

    select as_of_end_at from {{ ref('stg_as_of') }}

),

referrals as (

    select
        *,
        cast(date_trunc('month', sent_at) as date) as month_start,
        is_counted and is_registered
        and registered_at <= sent_at + {{ var('referral_conversion_days') }} * interval '1 day' as is_converted

    from {{ ref('fct_referrals') }}

),

orders as (

    select * from {{ ref('fct_orders') }}
    where
        is_valid
        and customer_key is not null

),

{{ registrations() }},

first_orders as (

    select
        customer_key,
        min(ordered_at) as first_order_at

    from orders
    group by customer_key

),

-- only members can invite, so buyers outside the register are not part of the programme
active_members as (

    select
        orders.customer_key,
        cast(date_trunc('month', orders.ordered_at) as date) as month_start

    from orders

    inner join registrations
        on orders.customer_key = registrations.customer_key

    union

    select
        inviter_customer_key as customer_key,
        month_start
    from referrals
    where is_counted

),

active_counts as (

    select
        {{ kind }} as period_kind,
        month_start,
        count(distinct customer_key) as active_customer_count

    from active_members
    group by grouping sets ((month_start), ())

),

referral_times as (

    select
        referrals.*,
        {{ seconds_between(
            'coalesce(registrations.registered_at, first_orders.first_order_at)', 'referrals.registered_at'
        ) }} / 86400 as cycle_days,
        {{ seconds_between('referrals.sent_at', 'referrals.registered_at') }} / 86400 as answer_days

    from referrals

    left join registrations
        on referrals.inviter_customer_key = registrations.customer_key

    left join first_orders
        on referrals.inviter_customer_key = first_orders.customer_key

),

invites as (

    select
        {{ kind }} as period_kind,
        month_start,
        count(*) as sent_count,
        count(*) filter (where is_counted) as invite_count,
        count(*) filter (where is_counted and is_clicked) as click_count,
        count(*) filter (where is_converted) as conversion_count,
        count(distinct inviter_customer_key) filter (where is_counted) as inviter_count,
        {%- for code in ['self', 'existing', 'duplicate', 'duplicate_device', 'loop'] %}
        count(*) filter (where excluded_code = '{{ code }}') as {{ code }}_count,
        {%- endfor %}
        median(cycle_days) filter (where is_converted) as cycle_days,
        median(answer_days) filter (where is_converted) as answer_days

    from referral_times
    group by grouping sets ((month_start), ())

),

newcomer_values as (

    select
        cast(date_trunc('month', joined_at) as date) as month_start,
        is_referred,
        order_count,
        cast(net_cny as double) as net_cny

    from {{ ref('int_referral_values') }}

),

newcomer_sides as (

    select
        {{ kind }} as period_kind,
        month_start,
        {%- for side, which in [('referred', 'is_referred'), ('other', 'not is_referred')] %}
        count(*) filter (where {{ which }}) as {{ side }}_count,
        {%- for measure, column in [('orders', 'order_count'), ('net_cny', 'net_cny')] %}
        avg({{ column }}) filter (where {{ which }}) as {{ side }}_{{ measure }},
        var_samp({{ column }}) filter (where {{ which }}) as {{ side }}_{{ measure }}_variance
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}

    from newcomer_values
    group by grouping sets ((month_start), ())

),

periods as (

    select
        period_kind,
        month_start
    from invites
    -- the row of all time exists even if nothing was sent
    where sent_count > 0
    union
    select
        period_kind,
        month_start
    from newcomer_sides
    where referred_count > 0

),

programme_measures as (

    select
        periods.period_kind,
        periods.month_start,
        coalesce(active_counts.active_customer_count, 0) as active_customer_count,
        {%- for column in [
            'sent', 'invite', 'inviter', 'click', 'conversion',
            'self', 'existing', 'duplicate', 'duplicate_device', 'loop',
        ] %}
        coalesce(invites.{{ column }}_count, 0) as {{ column }}_count,
        {%- endfor %}
        invites.cycle_days,
        invites.answer_days,
        {%- for side in ['referred', 'other'] %}
        coalesce(newcomer_sides.{{ side }}_count, 0) as {{ side }}_count,
        {%- for measure in ['orders', 'net_cny'] %}
        newcomer_sides.{{ side }}_{{ measure }},
        newcomer_sides.{{ side }}_{{ measure }}_variance,
        {%- endfor %}
        {%- endfor %}
        -- whether the window of the last invitation of the period is over
        periods.month_start + interval '1 month' + {{ var('referral_conversion_days') }} * interval '1 day'
        <= as_of.as_of_end_at as is_complete

    from periods

    cross join as_of

    left join active_counts
        on
            periods.period_kind = active_counts.period_kind
            and periods.month_start is not distinct from active_counts.month_start

    left join invites
        on
            periods.period_kind = invites.period_kind
            and periods.month_start is not distinct from invites.month_start

    left join newcomer_sides
        on
            periods.period_kind = newcomer_sides.period_kind
            and periods.month_start is not distinct from newcomer_sides.month_start

),

final as (

    -- rounded, because the last digits of a sum of doubles depend on the order of its rows
    select
        period_kind,
        coalesce(month_start, min(month_start) over ()) as month_start,
        active_customer_count,
        inviter_count,
        sent_count,
        invite_count,
        click_count,
        conversion_count,
        round(cast(invite_count as double) / nullif(active_customer_count, 0), 6) as invites_per_customer,
        round(cast(conversion_count as double) / nullif(invite_count, 0), 6) as conversion_rate,
        round(cast(conversion_count as double) / nullif(active_customer_count, 0), 6) as k_factor,
        coalesce(is_complete, false) as is_complete,
        round(cast(cycle_days as double), 4) as cycle_days,
        round(cast(answer_days as double), 4) as answer_days,
        self_count,
        existing_count,
        duplicate_count,
        duplicate_device_count,
        loop_count,
        referred_count,
        other_count,
        {%- for measure in ['orders', 'net_cny'] %}
        {%- set difference = 'referred_' ~ measure ~ ' - other_' ~ measure %}
        {%- set margin = welch_margin(
            'referred_' ~ measure ~ '_variance', 'referred_count', 'other_' ~ measure ~ '_variance', 'other_count'
        ) %}
        round(referred_{{ measure }}, 6) as referred_{{ measure }},
        round(other_{{ measure }}, 6) as other_{{ measure }},
        round({{ difference }}, 6) as {{ measure }}_difference,
        case
            when least(referred_count, other_count) >= {{ var('referral_fewest_customers') }}
                then round({{ difference }} - {{ margin }}, 6)
        end as {{ measure }}_difference_low,
        case
            when least(referred_count, other_count) >= {{ var('referral_fewest_customers') }}
                then round({{ difference }} + {{ margin }}, 6)
        end as {{ measure }}_difference_high
        {%- if not loop.last %},{% endif %}
        {%- endfor %}

    from programme_measures

)

select * from final
