-- Grain: one row per offer, lifecycle stage and month in which customers entered it, and over all months; for stages to
-- which the offer is not due, the month in which it was given.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

offers as (

    select distinct
        offer_code,
        offer_name,
        offer_name_en
    from {{ ref('stage_offers') }}

),

offer_stays as (

    select * from {{ ref('int_stage_offer_stays') }}

),

offer_grants as (

    select
        *,
        -- a grant belongs to the stay in which it was due
        cast(
            date_trunc('month', case when is_right_stage then stage_began_on else offered_on end) as date
        ) as counted_month

    from {{ ref('int_stage_grants') }}

),

first_month as (

    select least(
        (select min(entered_month) from offer_stays), (select min(counted_month) from offer_grants)
    ) as month_start

),

periods as (

    select
        kinds.period_kind,
        first_month.month_start as first_month

    from (values ('month'), ('all')) as kinds (period_kind)

    cross join first_month

),

stays as (

    select
        periods.period_kind,
        case periods.period_kind
            when 'month' then offer_stays.entered_month
            else periods.first_month
        end as month_start,
        offer_stays.offer_code,
        offer_stays.lifecycle_code,
        offer_stays.entered_month,
        offer_stays.ended_on,
        offer_stays.due_until,
        offer_stays.offered_on,
        offer_stays.claimed_on,
        offer_stays.stage_day,
        offer_stays.watched_day,
        offer_stays.reward_cny,
        offer_stays.offered_on is not null as is_treated,
        offer_stays.is_bought

    from offer_stays

    cross join periods

),

grants as (

    select
        periods.period_kind,
        case periods.period_kind
            when 'month' then offer_grants.counted_month
            else periods.first_month
        end as month_start,
        offer_grants.offer_code,
        -- a customer without any other record is in no stage
        coalesce(offer_grants.lifecycle_code, 'unknown') as lifecycle_code,
        offer_grants.is_right_stage,
        offer_grants.grant_number,
        offer_grants.claimed_on,
        offer_grants.reward_cny

    from offer_grants

    cross join periods

),

due_counts as (

    select
        stays.period_kind,
        stays.month_start,
        stays.offer_code,
        stays.lifecycle_code,
        count(*) as due_count,
        count(*) filter (
            where stays.offered_on is null and stays.ended_on is null and as_of.as_of < stays.due_until
        ) as pending_count,
        count(stays.offered_on) as given_count,
        count(*) filter (where stays.offered_on < stays.due_until) as given_in_time_count,
        count(stays.claimed_on) as claimed_count,
        cast(avg(stays.stage_day) as double) as mean_days_to_grant,
        sum(case when stays.claimed_on is not null then stays.reward_cny end) as claimed_reward_cny

    from stays

    cross join as_of

    group by stays.period_kind, stays.month_start, stays.offer_code, stays.lifecycle_code

),

elsewhere as (

    select
        period_kind,
        month_start,
        offer_code,
        lifecycle_code,
        count(*) filter (where not is_right_stage) as wrong_stage_count,
        count(*) filter (where not is_right_stage and claimed_on is not null) as wrong_stage_claimed_count,
        count(*) filter (where is_right_stage and grant_number > 1) as repeated_count,
        sum(case when (not is_right_stage or grant_number > 1) and claimed_on is not null then reward_cny end)
            as claimed_reward_cny

    from grants
    group by period_kind, month_start, offer_code, lifecycle_code
    having count(*) filter (where not is_right_stage or grant_number > 1) > 0

),

matched_purchases as (

    {{ matched_difference(
        'stays',
        strata=['entered_month', 'watched_day'],
        outcome='is_bought',
        groups=['period_kind', 'month_start', 'offer_code', 'lifecycle_code']
    ) | indent(4) }}

),

offer_counts as (

    select
        coalesce(due_counts.period_kind, elsewhere.period_kind) as period_kind,
        coalesce(due_counts.month_start, elsewhere.month_start) as month_start,
        coalesce(due_counts.offer_code, elsewhere.offer_code) as offer_code,
        coalesce(due_counts.lifecycle_code, elsewhere.lifecycle_code) as lifecycle_code,
        due_counts.due_count is not null as is_right_stage,
        coalesce(due_counts.due_count, elsewhere.wrong_stage_count) as customer_count,
        coalesce(due_counts.due_count, 0) as due_count,
        coalesce(due_counts.pending_count, 0) as pending_count,
        coalesce(due_counts.given_count, 0) as given_count,
        coalesce(due_counts.given_in_time_count, 0) as given_in_time_count,
        coalesce(elsewhere.repeated_count, 0) as repeated_count,
        coalesce(elsewhere.wrong_stage_count, 0) as wrong_stage_count,
        coalesce(due_counts.claimed_count, elsewhere.wrong_stage_claimed_count) as claimed_count,
        coalesce(due_counts.given_count, elsewhere.wrong_stage_count) as taker_count,
        due_counts.mean_days_to_grant,
        coalesce(due_counts.claimed_reward_cny, 0) + coalesce(elsewhere.claimed_reward_cny, 0) as claimed_reward_cny

    from due_counts

    full outer join elsewhere
        on
            due_counts.period_kind = elsewhere.period_kind
            and due_counts.month_start = elsewhere.month_start
            and due_counts.offer_code = elsewhere.offer_code
            and due_counts.lifecycle_code = elsewhere.lifecycle_code

),

{%- set due_small = 'offer_counts.customer_count' %}
{%- set given_small %}
case when {{ small_cell('offer_counts.customer_count') }} then 1 else offer_counts.taker_count end
{%- endset %}

final as (

    select

        ---------- keys
        offer_counts.period_kind,
        offer_counts.month_start,
        offer_counts.offer_code,
        offers.offer_name,
        offers.offer_name_en,
        offer_counts.lifecycle_code,
        offer_counts.is_right_stage,

        ---------- who was due, and what they were given
        {% for column in ['customer_count', 'due_count', 'pending_count'] -%}
        cast({{ unless_small('offer_counts.' ~ column, due_small) }} as bigint) as {{ column }},
        {% endfor %}
        {%- for column in [
            'given_count', 'given_in_time_count', 'repeated_count', 'wrong_stage_count', 'claimed_count'
        ] -%}
        cast({{ unless_small('offer_counts.' ~ column, given_small) }} as bigint) as {{ column }},
        {% endfor %}
        {{ unless_small(
            'cast(offer_counts.given_in_time_count as double) / nullif(offer_counts.due_count - offer_counts.pending_count, 0)',
            given_small
        ) }} as given_share,
        {{ unless_small('round(offer_counts.mean_days_to_grant, 4)', given_small) }} as mean_days_to_grant,

        ---------- what became of it
        {{ unless_small(
            'cast(offer_counts.claimed_count as double) / nullif(offer_counts.taker_count, 0)', given_small
        ) }} as take_up_rate,
        cast(
            {{ unless_small('offer_counts.claimed_reward_cny', given_small) }} as decimal(18, 2)
        ) as claimed_reward_cny,
        {%- set compared_small = 'least(matched_purchases.matched_treated_count, matched_purchases.control_count)' %}
        {%- for column, source in [
            ('watched_given_count', 'matched_treated_count'),
            ('untouched_count', 'control_count'),
            ('bought_rate', 'treated_mean'),
            ('untouched_bought_rate', 'matched_control_mean'),
            ('difference', 'difference'),
            ('difference_low', 'difference_low'),
            ('difference_high', 'difference_high'),
        ] %}
        {{ unless_small('matched_purchases.' ~ source, compared_small) }} as {{ column }},
        {%- endfor %}
        {{ small_cell('offer_counts.customer_count') }} as is_suppressed

    from offer_counts

    inner join offers
        on offer_counts.offer_code = offers.offer_code

    left join matched_purchases
        on
            offer_counts.period_kind = matched_purchases.period_kind
            and offer_counts.month_start = matched_purchases.month_start
            and offer_counts.offer_code = matched_purchases.offer_code
            and offer_counts.lifecycle_code = matched_purchases.lifecycle_code

)

select * from final
