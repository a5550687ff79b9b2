{#
    What was spent on the values of a dimension, what they were credited with, and what follows from both: one row per
    value, goal, month of spend or credit, and model. Spend without conversions and conversions without spend have
    rows alike. Leaves the CTE `performance`.

    keys         what tells a row from another beside goal, month and model: name of the key -> its expression over
                 int_marketing_costs, and over int_campaign_credit. The first of them is the unit of payback_ctes.
    dimension    the relation that describes the first key.
    attributes   its columns that describe the row.
#}
{% macro spend_performance(keys, dimension, attributes) -%}
{%- set unit = keys.keys() | first -%}
goals as (

    select goal_code from {{ ref('conversion_goals') }}

),

models as (

    select model_code from {{ ref('attribution_models') }}

),

dimension as (

    select * from {{ dimension }}

),

spend_by_month as (

    select
        {%- for key, (of_cost, _) in keys.items() %}
        {{ of_cost }} as {{ key }},
        {%- endfor %}
        month_start,
        {%- for component in ['media', 'fee', 'product', 'reward'] %}
        coalesce(sum(amount_cny) filter (where component_code = '{{ component }}'), 0) as {{ component }}_cny,
        {%- endfor %}
        coalesce(sum(amount_cny) filter (where not is_in_media), 0) as spend_cny,
        cast(sum(impression_count) as bigint) as impression_count,
        cast(sum(click_count) as bigint) as click_count

    from {{ ref('int_marketing_costs') }}
    group by all

),

credit_by_month as (

    select
        {%- for key, (_, of_credit) in keys.items() %}
        {{ of_credit }} as {{ key }},
        {%- endfor %}
        goal_code,
        month_start,
        model_code,
        sum(conversion_count) as conversion_count,
        sum(credited_cny) as credited_cny

    from {{ ref('int_campaign_credit') }}
    group by all

),

{{ payback_ctes(unit, 'spend_by_month') }},

-- spend serves every goal at once, so each goal has all of it; never sum over goals or models
row_keys as (

    select
        {%- for key in keys %}
        spend_by_month.{{ key }},
        {%- endfor %}
        goals.goal_code,
        spend_by_month.month_start,
        models.model_code

    from spend_by_month

    cross join goals

    cross join models

    union

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        goal_code,
        month_start,
        model_code

    from credit_by_month

),

spend_and_credit as (

    select
        row_keys.*,
        {%- for amount in ['media_cny', 'fee_cny', 'product_cny', 'reward_cny', 'spend_cny'] %}
        cast(coalesce(spend_by_month.{{ amount }}, 0) as decimal(18, 2)) as {{ amount }},
        {%- endfor %}
        spend_by_month.impression_count,
        spend_by_month.click_count,
        cast(round(coalesce(credit_by_month.conversion_count, 0), 6) as double) as conversion_count,
        cast(coalesce(credit_by_month.credited_cny, 0) as decimal(18, 2)) as credited_cny

    from row_keys

    left join spend_by_month
        on
            row_keys.month_start = spend_by_month.month_start
            {%- for key in keys %}
            and row_keys.{{ key }} = spend_by_month.{{ key }}
            {%- endfor %}

    left join credit_by_month
        on
            row_keys.month_start = credit_by_month.month_start
            and row_keys.goal_code = credit_by_month.goal_code
            and row_keys.model_code = credit_by_month.model_code
            {%- for key in keys %}
            and row_keys.{{ key }} = credit_by_month.{{ key }}
            {%- endfor %}

),

performance as (

    select

        ---------- keys
        {%- for key in keys %}
        spend_and_credit.{{ key }},
        {%- endfor %}
        spend_and_credit.goal_code,
        spend_and_credit.month_start,
        spend_and_credit.model_code,
        {%- for attribute in attributes %}
        dimension.{{ attribute }},
        {%- endfor %}

        ---------- what it cost
        spend_and_credit.spend_cny,
        spend_and_credit.media_cny,
        spend_and_credit.fee_cny,
        spend_and_credit.product_cny as product_cost_cny,
        spend_and_credit.reward_cny,
        spend_and_credit.impression_count,
        spend_and_credit.click_count,
        cast(spend_and_credit.media_cny * 1000 / nullif(spend_and_credit.impression_count, 0) as decimal(18, 2))
            as cpm_cny,
        cast(spend_and_credit.media_cny / nullif(spend_and_credit.click_count, 0) as decimal(18, 2)) as cpc_cny,

        ---------- what it brought
        spend_and_credit.conversion_count,
        spend_and_credit.credited_cny,
        cast(spend_and_credit.spend_cny / nullif(spend_and_credit.conversion_count, 0) as decimal(18, 2)) as cac_cny,
        {%- for goal, cost in [('voice', 'cost_per_voice_cny'), ('acquisition', 'cost_per_acquisition_cny')] %}
        cast(
            case
                when spend_and_credit.goal_code = '{{ goal }}'
                    then spend_and_credit.spend_cny / nullif(spend_and_credit.conversion_count, 0)
            end as decimal(18, 2)
        ) as {{ cost }},
        {%- endfor %}
        cast(spend_and_credit.credited_cny / nullif(spend_and_credit.spend_cny, 0) as double) as roas,

        ---------- when the acquired have paid for themselves
        paybacks.margin_cny as acquired_margin_cny,
        paybacks.margin_known_share,
        paybacks.payback_code,
        paybacks.payback_days

    from spend_and_credit

    left join dimension
        on spend_and_credit.{{ unit }} = dimension.{{ unit }}

    left join paybacks
        on
            spend_and_credit.{{ unit }} = paybacks.{{ unit }}
            and spend_and_credit.month_start = paybacks.month_start
            and spend_and_credit.model_code = paybacks.model_code
            and spend_and_credit.goal_code = 'acquisition'

)
{%- endmacro %}
