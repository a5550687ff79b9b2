-- Grain: one row per population, month in which its customers were reached (or bought first) in public, and source.
{%- set days = var('private_domain_days') %}
with

as_of as (

    select as_of_end_at from {{ ref('stg_as_of') }}

),

customers as (

    select
        customer_key,
        is_registered,
        private_domain_joined_at

    from {{ ref('dim_customers') }}

),

{{ first_public_touches() }},

public_acquisitions as (

    select
        acquisitions.customer_key,
        acquisitions.acquisition_strategy_code as source_code,
        acquisitions.first_order_at as reached_at

    from {{ ref('int_customer_acquisition') }} as acquisitions

    inner join {{ ref('strategies') }} as strategies
        on
            acquisitions.acquisition_strategy_code = strategies.strategy_code
            and strategies.domain_code = 'public'

),

populations as (

    select
        'reached' as population_code,
        customer_key,
        strategy_code as source_code,
        reached_at
    from first_public_touches
    union all
    select
        'acquired' as population_code,
        *
    from public_acquisitions

),

customers_with_outcome as (

    select
        populations.population_code,
        populations.source_code,
        cast(date_trunc('month', populations.reached_at) as date) as month_start,
        customers.is_registered,
        coalesce(customers.private_domain_joined_at < populations.reached_at, false) as was_in_already,
        customers.private_domain_joined_at >= populations.reached_at
        and customers.private_domain_joined_at < as_of.as_of_end_at as has_joined,
        customers.private_domain_joined_at >= populations.reached_at
        and customers.private_domain_joined_at < populations.reached_at + {{ days }} * interval '1 day'
            as has_joined_in_time,
        populations.reached_at + {{ days }} * interval '1 day' <= as_of.as_of_end_at as is_followed

    from populations

    inner join customers
        on populations.customer_key = customers.customer_key

    cross join as_of

    where populations.reached_at < as_of.as_of_end_at

),

customer_counts as (

    select
        population_code,
        month_start,
        coalesce(source_code, 'all') as source_code,
        count(*) filter (where was_in_already) as already_joined_count,
        count(*) filter (where not was_in_already) as customer_count,
        count(*) filter (where not was_in_already and is_registered) as member_count,
        count(*) filter (where has_joined) as joined_count,
        count(*) filter (where is_followed and not was_in_already) as followed_count,
        count(*) filter (where is_followed and not was_in_already and is_registered) as followed_member_count,
        count(*) filter (where is_followed and has_joined_in_time) as followed_joined_count

    from customers_with_outcome
    group by population_code, month_start, grouping sets ((source_code), ())

),

final as (

    select
        population_code,
        month_start,
        source_code,
        {%- for column in ['customer_count', 'member_count', 'already_joined_count', 'joined_count', 'followed_count',
                           'followed_member_count', 'followed_joined_count'] %}
        {{ unless_small(column, 'customer_count') }} as {{ column }},
        {%- endfor %}
        {%- for column, base in [
            ('conversion_rate', 'followed_count'), ('member_conversion_rate', 'followed_member_count'),
        ] %}
        {{ unless_small('round(followed_joined_count / nullif(' ~ base ~ ', 0), 6)', 'customer_count') }}
            as {{ column }},
        {%- endfor %}
        {{ small_cell('customer_count') }} as is_suppressed

    from customer_counts

)

select * from final
