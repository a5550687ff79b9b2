{# The CTE `registrations`: when each customer first registered; a person with several memberships joined with the first. #}
{% macro registrations() -%}
registrations as (

    select
        identities.customer_key,
        min(customers.registered_at) as registered_at

    from {{ ref('stg_customers') }} as customers

    inner join {{ ref('int_customer_identities') }} as identities
        on customers.customer_ref = identities.node

    group by identities.customer_key

)
{%- endmacro %}
