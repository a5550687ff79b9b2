-- KPI: new members that each active member brings in, by month: invitations per member times what each brings.
with

as_of as (

    select max(as_of) as as_of from {{ ref('kpi_windows') }}

),

members as (

    select
        customer_key,
        is_registered

    from {{ ref('dim_customers') }}

),

referrals as (

    select
        *,
        is_registered
        and registered_at <= sent_at + {{ var('referral_conversion_days') }} * interval '1 day' as is_converted

    from {{ ref('fct_referrals') }}
    where is_counted

),

-- only members can invite, so buyers outside the register are not part of the programme
deeds as (

    select
        orders.customer_key,
        orders.ordered_at as done_at

    from {{ ref('fct_orders') }} as orders

    inner join members
        on
            orders.customer_key = members.customer_key
            and members.is_registered

    where orders.is_valid

    union all

    select
        inviter_customer_key as customer_key,
        sent_at as done_at

    from referrals

),

-- a member counts as active in a month from the first active day
active_months as (

    select
        deeds.customer_key,
        cast(min(deeds.done_at) as date) as active_on

    from deeds

    cross join as_of

    -- only days whose conversion window is over
    where {{ plus_days('cast(deeds.done_at as date)', var('referral_conversion_days')) }} <= as_of.as_of
    group by deeds.customer_key, date_trunc('month', deeds.done_at)

),

subjects as (

    select
        'segments.dim_customers' as row_table,
        customer_key as row_key,
        active_on as period_date,
        'all' as channel_code,
        'own' as brand_code,
        'all' as product_key,
        cast(0 as double) as numerator,
        cast(1 as double) as denominator,
        0 as is_invitation

    from active_months

    union all

    select
        'attribution.fct_referrals' as row_table,
        referrals.referral_key as row_key,
        cast(referrals.sent_at as date) as period_date,
        'all' as channel_code,
        'own' as brand_code,
        'all' as product_key,
        cast(case when referrals.is_converted then 1 else 0 end as double) as numerator,
        cast(0 as double) as denominator,
        1 as is_invitation

    from referrals

    inner join as_of
        on {{ plus_days('cast(referrals.sent_at as date)', var('referral_conversion_days')) }} <= as_of.as_of

),

measures_by_scope as (

    {{ kpi_scopes(
        {
            'numerator': 'cast(sum(numerator) as double)',
            'denominator': 'cast(sum(denominator) as double)',
            'sample_count': 'cast(sum(denominator) as bigint)',
            'active_member_count': 'cast(sum(denominator) as bigint)',
            'invitation_count': 'cast(sum(is_invitation) as bigint)',
            'conversion_count': 'cast(sum(numerator) as bigint)',
        },
        by=[],
        period_kinds=['month'],
        maturity_days=var('referral_conversion_days'),
    ) | indent(4) }}

),

final as (

    select
        *,
        round(cast(invitation_count as double) / nullif(active_member_count, 0), 6) as invitations_per_member,
        round(cast(conversion_count as double) / nullif(invitation_count, 0), 6) as conversion_rate

    from measures_by_scope
    -- a month without invitations has no value
    where invitation_count > 0

)

select * from final
