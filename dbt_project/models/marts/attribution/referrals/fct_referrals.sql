-- Grain: one row per invitation.
with recursive

invites as (

    select * from {{ ref('int_referral_invites') }}

),

branches as (

    select * from {{ ref('int_referral_branches') }}

),

-- each customer with all of their ancestors in the tree; one row per pair
upstream as (

    select
        invitee_customer_key as customer_key,
        inviter_customer_key as upstream_key,
        cast(1 as bigint) as steps
    from branches

    union all

    select
        upstream.customer_key,
        branches.inviter_customer_key as upstream_key,
        upstream.steps + 1 as steps

    from upstream

    inner join branches
        on upstream.upstream_key = branches.invitee_customer_key

),

places as (

    select
        customer_key,
        upstream_key as root_customer_key,
        steps as generation

    from upstream
    qualify row_number() over (partition by customer_key order by steps desc) = 1

),

-- back up the tree: the invitee is an ancestor of the inviter
invites_of_ancestors as (

    select invites.referral_key

    from invites

    inner join upstream
        on
            invites.inviter_customer_key = upstream.customer_key
            and invites.invitee_customer_key = upstream.upstream_key

    where
        invites.excluded_code in ('existing', 'duplicate')
        and invites.registered_at is not null

),

invites_with_code as (

    select
        invites.*,
        branches.referral_key is not null as is_branch,
        case
            when invites_of_ancestors.referral_key is not null then 'loop'
            when invites.excluded_code is not null then invites.excluded_code
            -- an invitation that would close a loop is not a branch
            when
                invites.registered_at is not null
                and invites.invitee_customer_key is not null
                and branches.referral_key is null
                then 'loop'
        end as final_code

    from invites

    left join invites_of_ancestors
        on invites.referral_key = invites_of_ancestors.referral_key

    left join branches
        on invites.referral_key = branches.referral_key

),

final as (

    select

        ---------- keys
        invites_with_code.referral_key,
        invites_with_code.inviter_customer_key,
        invites_with_code.invitee_customer_key,
        places.root_customer_key,

        ---------- codes
        invites_with_code.channel_code,
        invites_with_code.invite_code,
        invites_with_code.final_code as excluded_code,

        ---------- flags
        invites_with_code.clicked_at is not null as is_clicked,
        invites_with_code.registered_at is not null as is_registered,
        invites_with_code.final_code is null as is_counted,

        ---------- measures
        places.generation,

        ---------- times
        invites_with_code.sent_at,
        invites_with_code.clicked_at,
        invites_with_code.registered_at

    from invites_with_code

    left join places
        on
            invites_with_code.invitee_customer_key = places.customer_key
            and invites_with_code.is_branch

)

select * from final
