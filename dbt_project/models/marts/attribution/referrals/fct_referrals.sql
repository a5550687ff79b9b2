-- Grain: one row per invitation.
with recursive

invites as (

    select * from {{ ref('int_referral_invites') }}

),

branches as (

    select * from {{ ref('int_referral_branches') }}

),

-- everybody with all who stand above them in the tree; rows are as many as the generations added up
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

-- back up the tree: somebody who was there already, and stands above the one who invites them
climbing as (

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

coded as (

    select
        invites.*,
        branches.referral_key is not null as is_branch,
        case
            when climbing.referral_key is not null then 'loop'
            when invites.excluded_code is not null then invites.excluded_code
            -- what would have closed a ring is no branch
            when
                invites.registered_at is not null
                and invites.invitee_customer_key is not null
                and branches.referral_key is null
                then 'loop'
        end as final_code

    from invites

    left join climbing
        on invites.referral_key = climbing.referral_key

    left join branches
        on invites.referral_key = branches.referral_key

),

final as (

    select

        ---------- keys
        coded.referral_key,
        coded.inviter_customer_key,
        coded.invitee_customer_key,
        places.root_customer_key,

        ---------- codes
        coded.channel_code,
        coded.invite_code,
        coded.final_code as excluded_code,

        ---------- flags
        coded.clicked_at is not null as is_clicked,
        coded.registered_at is not null as is_registered,
        coded.final_code is null as is_counted,

        ---------- measures
        places.generation,

        ---------- times
        coded.sent_at,
        coded.clicked_at,
        coded.registered_at

    from coded

    left join places
        on
            coded.invitee_customer_key = places.customer_key
            and coded.is_branch

)

select * from final
