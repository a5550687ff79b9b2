-- Grain: one row per idea.
with

as_of as (

    select as_of_end_at from {{ ref('stg_as_of') }}

),

statuses as (

    select * from {{ ref('idea_statuses') }}

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

aliases as (

    select * from {{ ref('product_aliases') }}

),

ideas as (

    select
        ideas.record_key as idea_key,
        ideas.customer_ref,
        ideas.product_ref,
        ideas.channel_code,
        ideas.status_code,
        ideas.vote_count,
        ideas.submitted_at,
        -- entries dated after the last day of the data are left out
        case when ideas.adopted_at < as_of.as_of_end_at then ideas.adopted_at end as adopted_at,
        case when ideas.released_at < as_of.as_of_end_at then ideas.released_at end as released_at,
        ideas.adopted_at is null and ideas.released_at is null as is_undated,
        ideas.submitted_at + {{ var('idea_days') }} * interval '1 day' <= as_of.as_of_end_at as is_matured

    from {{ ref('stg_ideas') }} as ideas

    inner join as_of
        on ideas.submitted_at < as_of.as_of_end_at

),

ideas_with_customer as (

    select

        ---------- keys
        ideas.idea_key,
        identities.customer_key,
        coalesce(aliases.product_key, ideas.product_ref) as product_key,

        ---------- codes
        ideas.channel_code,
        ideas.status_code,

        ---------- flags
        ideas.is_matured,
        ideas.adopted_at is not null
        or ideas.released_at is not null
        or coalesce(statuses.is_decided and (ideas.is_undated or not statuses.is_adopted), false) as is_decided,
        ideas.adopted_at is not null
        or ideas.released_at is not null
        or coalesce(ideas.is_undated and statuses.is_adopted, false) as is_adopted,
        ideas.released_at is not null or coalesce(ideas.is_undated and statuses.is_released, false) as is_released,

        ---------- measures
        ideas.vote_count,
        round({{ seconds_between('ideas.submitted_at', 'ideas.adopted_at') }} / 86400, 6) as days_to_adoption,
        round({{ seconds_between('ideas.submitted_at', 'ideas.released_at') }} / 86400, 6) as days_to_release,
        round({{ seconds_between('ideas.adopted_at', 'ideas.released_at') }} / 86400, 6)
            as days_from_adoption_to_release,

        ---------- times
        ideas.submitted_at,
        ideas.adopted_at,
        ideas.released_at

    from ideas

    left join statuses
        on ideas.status_code = statuses.status_code

    left join identities
        on ideas.customer_ref = identities.node

    left join aliases
        on ideas.product_ref = aliases.product_ref

)

select * from ideas_with_customer
