-- Grain: one row per member or buyer who praised us of their own accord, or stands on an advocate's rung.
{%- set fan_rungs = "'" ~ var('core_fan_advocacy_codes') | join("', '") ~ "'" %}
{%- set fan_stages = "'" ~ var('core_fan_lifecycle_codes') | join("', '") ~ "'" %}
{#- the gates in the order in which a miss is named: what nobody can change first, what can be asked for last -#}
{%- set gates = [
    ('staff', 'is_not_staff'),
    ('paid', 'is_unpaid'),
    ('not_a_buyer', 'is_verified_buyer'),
    ('too_few_voices', 'has_enough_voices'),
    ('followers_unknown', 'is_follower_count_known'),
    ('outside_follower_band', 'is_in_follower_band'),
    ('no_consent', 'is_consented'),
] %}
{%- set measures = ['order_count', 'net_cny', 'advocacy_count', 'engagement_count'] %}
with

evidence as (

    select * from {{ ref('int_advocate_evidence') }}

),

customers as (

    -- an account that is not linked to a buyer or a member is no customer
    select * from {{ ref('dim_customers') }}
    where
        is_registered
        or order_count > 0

),

customer_measures as (

    -- every customer is ranked, with praise or without: a percentile refers to all customers, not to those who speak
    select
        customers.customer_key,
        customers.order_count,
        customers.net_cny,
        coalesce(evidence.positive_voice_count + evidence.referral_count, 0) as advocacy_count,
        coalesce(evidence.engagement_count, 0) as engagement_count

    from customers

    left join evidence
        on customers.customer_key = evidence.customer_key

),

-- percent ranks of distinct values: equal values have equal ranks, and sorting millions of customers is saved
{% for measure in measures -%}
ranked_{{ measure }} as (

    select
        {{ measure }},
        coalesce(
            cast(sum(count(*)) over (order by {{ measure }}) - count(*) as double)
            / nullif(sum(count(*)) over () - 1, 0),
            0
        ) as percent_rank

    from customer_measures
    group by {{ measure }}

),

{% endfor -%}
measure_scores as (

    select
        customer_measures.customer_key,
        round((ranked_order_count.percent_rank + ranked_net_cny.percent_rank) / 2, 6) as purchase_score,
        round(ranked_advocacy_count.percent_rank, 6) as advocacy_score,
        round(ranked_engagement_count.percent_rank, 6) as engagement_score

    from customer_measures
    {% for measure in measures %}
    inner join ranked_{{ measure }}
        on customer_measures.{{ measure }} = ranked_{{ measure }}.{{ measure }}
    {% endfor %}
),

total_scores as (

    select
        *,
        round((purchase_score + advocacy_score + engagement_score) / 3, 6) as score

    from measure_scores

),

deciles as (

    -- equal scores share one decile, the better one
    select
        score,
        1 + floor(
            10 * cast(sum(count(*)) over (order by score desc) - count(*) as double) / sum(count(*)) over ()
        ) as decile

    from total_scores
    group by score

),

scores_with_decile as (

    select
        total_scores.*,
        deciles.decile

    from total_scores

    inner join deciles
        on total_scores.score = deciles.score

),

advocates_with_score as (

    select
        evidence.*,
        scores_with_decile.purchase_score,
        scores_with_decile.advocacy_score,
        scores_with_decile.engagement_score,
        scores_with_decile.score,
        scores_with_decile.decile,
        customers.lifecycle_code,
        customers.advocacy_code,
        customers.order_count,
        customers.net_cny,
        customers.order_count > 0 as is_verified_buyer,
        coalesce(customers.is_marketing_consented, false) as is_consented,
        evidence.positive_voice_count >= {{ var('koc_fewest_positive_voices') }} as has_enough_voices,
        evidence.follower_count is not null as is_follower_count_known,
        not evidence.is_staff as is_not_staff,
        not evidence.is_paid as is_unpaid,
        evidence.activated_on is not null as is_activated,
        customers.advocacy_code in ({{ fan_rungs }})
        and customers.lifecycle_code in ({{ fan_stages }})
        and (
            evidence.positive_voice_count >= {{ var('core_fan_fewest_voices') }}
            or evidence.community_active_days >= {{ var('core_fan_fewest_active_days') }}
        )
        -- paid praise does not make an advocate
        and not evidence.is_staff
        and not evidence.is_paid as is_core_fan

    from evidence

    inner join customers
        on evidence.customer_key = customers.customer_key

    inner join scores_with_decile
        on evidence.customer_key = scores_with_decile.customer_key

),

advocates_with_gates as (

    select
        *,
        -- unknown followers are in no band: that counts as one missed gate, not two
        {%- for code, gate in gates if code != 'followers_unknown' %}
        cast(not {{ gate }} as integer){% if not loop.last %} +{% endif %}
        {%- endfor %} as missed_gate_count,
        case
            {%- for code, gate in gates %}
            when not {{ gate }} then '{{ code }}'
            {%- endfor %}
        end as rejected_code

    from advocates_with_score

),

final as (

    select

        ---------- keys
        customer_key,

        ---------- codes
        lifecycle_code,
        advocacy_code,
        case
            when rejected_code is null and is_activated then 'activated'
            when rejected_code is null then 'candidate'
            when missed_gate_count = 1 then 'near_miss'
            else 'other'
        end as status_code,
        rejected_code,
        cast(missed_gate_count as integer) as missed_gate_count,

        ---------- gates
        is_verified_buyer,
        is_consented,
        has_enough_voices,
        is_follower_count_known,
        is_in_follower_band,
        is_not_staff,
        is_unpaid,
        is_activated,
        activated_on,
        is_core_fan,

        ---------- measures
        order_count,
        net_cny,
        own_voice_count,
        positive_voice_count,
        negative_voice_count,
        last_positive_voice_at,
        referral_count,
        engagement_count,
        impression_count,
        community_active_days,
        follower_count,
        follower_channel_code,

        ---------- the score
        cast(purchase_score as double) as purchase_score,
        cast(advocacy_score as double) as advocacy_score,
        cast(engagement_score as double) as engagement_score,
        cast(score as double) as score,
        cast(decile as integer) as decile

    from advocates_with_gates

)

select * from final
