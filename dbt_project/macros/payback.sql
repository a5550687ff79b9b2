{#
    CTEs that say when the margin of the customers acquired in a month has covered what was spent in it.

    `unit` is the grouping column of int_cohort_margins (campaign_key, strategy_code); `spending` names a
    CTE with that column, month_start and spend_cny. Leaves the CTE `paybacks`: unit, month_start, model_code,
    margin_cny, margin_known_share, payback_code, payback_days.

    Days count from each customer's own first order, and margins are those credited by the model: an acquisition of
    which a campaign has a third brings it a third of that customer's margin.
#}
{% macro payback_ctes(unit, spending) -%}
    earned_by_day as (

        select
            {{ unit }},
            month_start,
            model_code,
            days_after,
            sum(net_cny) as net_cny,
            sum(known_net_cny) as known_net_cny,
            sum(margin_cny) as margin_cny

        from {{ ref('int_cohort_margins') }}
        where {{ unit }} is not null
        group by {{ unit }}, month_start, model_code, days_after

    ),

    earned_so_far as (

        select
            *,
            sum(margin_cny) over (partition by {{ unit }}, month_start, model_code order by days_after)
                as margin_so_far_cny

        from earned_by_day

    ),

    earned_margins as (

        select
            earned_so_far.{{ unit }},
            earned_so_far.month_start,
            earned_so_far.model_code,
            {{ spending }}.spend_cny,
            sum(earned_so_far.net_cny) as net_cny,
            sum(earned_so_far.known_net_cny) as known_net_cny,
            sum(earned_so_far.margin_cny) as margin_cny,
            min(earned_so_far.days_after) filter (
                where earned_so_far.margin_so_far_cny >= {{ spending }}.spend_cny
            ) as payback_days

        from earned_so_far

        inner join {{ spending }}
            on
                earned_so_far.{{ unit }} = {{ spending }}.{{ unit }}
                and earned_so_far.month_start = {{ spending }}.month_start

        where {{ spending }}.spend_cny > 0
        group by all

    ),

    margins_with_known_share as (

        select
            *,
            known_net_cny >= {{ var('payback_fewest_known_share') }} * net_cny as is_margin_known

        from earned_margins

    ),

    paybacks as (

        select
            {{ unit }},
            month_start,
            model_code,
            cast(case when is_margin_known then margin_cny end as decimal(18, 2)) as margin_cny,
            cast(round(known_net_cny / nullif(net_cny, 0), 6) as double) as margin_known_share,
            case
                when not is_margin_known then 'unknown_cost'
                when payback_days is null then 'not_yet'
                else 'paid_back'
            end as payback_code,
            cast(case when is_margin_known then payback_days end as integer) as payback_days

        from margins_with_known_share

    )
{%- endmacro %}
