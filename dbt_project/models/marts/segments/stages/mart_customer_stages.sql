-- Grain: one row per lifecycle stage and rung of the advocacy ladder, with `all` for the whole of a stage or a rung.
{%- set measures = ['customer_count', 'buyer_count', 'order_count', 'net_cny', 'value_12m_cny'] %}
with

customers as (

    -- an account that is not linked to a buyer or a member is no customer
    select
        customers.customer_key,
        customers.lifecycle_code,
        customers.advocacy_code,
        customers.order_count,
        customers.net_cny,
        customer_value.value_12m_cny

    from {{ ref('dim_customers') }} as customers

    left join {{ ref('customer_value') }} as customer_value
        on customers.customer_key = customer_value.customer_key

    where
        customers.is_registered
        or customers.order_count > 0

),

cells as (

    select
        lifecycle_code,
        advocacy_code,
        count(*) as customer_count,
        count(*) filter (where order_count > 0) as buyer_count,
        sum(order_count) as order_count,
        sum(net_cny) as net_cny,
        -- decimals, because a sum of doubles depends on the order of its rows
        sum(cast(value_12m_cny as decimal(18, 2))) as value_12m_cny

    from customers
    group by lifecycle_code, advocacy_code

),

cells_with_suppression as (

    select
        *,
        {{ hidden_cell('customer_count', 'lifecycle_code', 'advocacy_code') }} as is_suppressed

    from cells

),

stages as (

    select
        lifecycle_code,
        'all' as advocacy_code,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        {{ small_cell('sum(customer_count)') }} as is_suppressed

    from cells_with_suppression
    group by lifecycle_code

),

rungs as (

    -- the total of a rung would reveal its suppressed cells, unless these are enough people in more than one stage
    select
        'all' as lifecycle_code,
        advocacy_code,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        {{ small_cell('sum(customer_count)') }}
        or count(*) filter (where is_suppressed) = 1
        or {{ small_cell('coalesce(sum(customer_count) filter (where is_suppressed), 0)') }} as is_suppressed

    from cells_with_suppression
    group by advocacy_code

),

every_cell as (

    {% for relation in ['cells_with_suppression', 'stages', 'rungs'] -%}
    select
        lifecycle_code,
        advocacy_code,
        {{ measures | join(', ') }},
        is_suppressed
    from {{ relation }}
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}

),

final as (

    select
        lifecycle_code,
        advocacy_code,
        {%- for measure, data_type in [
            ('customer_count', 'bigint'), ('buyer_count', 'bigint'), ('order_count', 'bigint'),
            ('net_cny', 'decimal(18, 2)'), ('value_12m_cny', 'decimal(18, 2)'),
        ] %}
        cast(case when not is_suppressed then {{ measure }} end as {{ data_type }}) as {{ measure }},
        {%- endfor %}
        is_suppressed

    from every_cell

)

select * from final
