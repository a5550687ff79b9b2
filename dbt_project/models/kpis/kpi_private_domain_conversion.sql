-- KPI: people first reached in public who then joined the private domain, by the day of that touch and its strategy.
{%- set days = var('private_domain_days') %}
with

as_of as (

    select {{ plus_minutes('cast(max(as_of) as timestamp)', 1440) }} as as_of_end_at
    from {{ ref('kpi_windows') }}

),

{{ first_public_touches() }},

subjects as (

    select
        'segments.dim_customers' as row_table,
        customers.customer_key as row_key,
        cast(first_public_touches.reached_at as date) as period_date,
        'all' as channel_code,
        'own' as brand_code,
        'all' as product_key,
        'strategy' as segment_kind,
        first_public_touches.strategy_code as segment_code,
        cast(
            case
                when
                    customers.private_domain_joined_at < first_public_touches.reached_at + {{ days }} * interval '1 day'
                    then 1
                else 0
            end as double
        ) as numerator,
        cast(1 as double) as denominator

    from first_public_touches

    inner join {{ ref('dim_customers') }} as customers
        on first_public_touches.customer_key = customers.customer_key

    cross join as_of

    where
        first_public_touches.reached_at + {{ days }} * interval '1 day' <= as_of.as_of_end_at
        -- people who joined before are left out
        and not coalesce(customers.private_domain_joined_at < first_public_touches.reached_at, false)

),

counts_by_day as (

    {{ kpi_counted(segments=true) }}

)

select * from counts_by_day
