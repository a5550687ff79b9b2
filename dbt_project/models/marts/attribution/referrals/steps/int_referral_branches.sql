-- Grain: one row per customer who was brought in, with the one who brought them; no loop is left.
-- One recursion a model: an engine may inline a recursive CTE into another one, and lose rows.
with recursive

-- one inviter per invitee
edges as (

    select
        referral_key,
        inviter_customer_key,
        invitee_customer_key,
        sent_at,
        registered_at

    from {{ ref('int_referral_invites') }}
    where
        excluded_code is null
        and registered_at is not null
        and invitee_customer_key is not null

),

-- `union`, not `union all`: a node already visited is not visited again, so a loop ends
upstream as (

    select
        invitee_customer_key as customer_key,
        inviter_customer_key as upstream_key
    from edges

    union

    select
        upstream.customer_key,
        edges.inviter_customer_key as upstream_key

    from upstream

    inner join edges
        on upstream.upstream_key = edges.invitee_customer_key

),

loops as (

    -- a customer who is their own ancestor is in a loop, and reaches only its members
    select
        customer_key,
        min(upstream_key) as loop_key

    from upstream
    group by customer_key
    having bool_or(customer_key = upstream_key)

),

loop_edges as (

    select edges.referral_key

    from edges

    inner join loops
        on edges.invitee_customer_key = loops.customer_key

    qualify row_number() over (
        partition by loops.loop_key
        order by edges.registered_at desc, edges.sent_at desc, edges.referral_key desc
    ) = 1

),

final as (

    select
        edges.referral_key,
        edges.inviter_customer_key,
        edges.invitee_customer_key

    from edges

    left join loop_edges
        on edges.referral_key = loop_edges.referral_key

    where loop_edges.referral_key is null

)

select * from final
