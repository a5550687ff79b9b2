-- Pairs of policies in force on the same day for the same kind of subject and priority.
with

policies as (

    select
        *,
        coalesce(priority_code, '') as priority,
        coalesce(valid_to, date '9999-12-31') as valid_until

    from {{ ref('sla_policies') }}

),

policy_overlaps as (

    select
        earlier.policy_code,
        earlier.version,
        later.policy_code as other_policy_code,
        later.version as other_version

    from policies as earlier

    inner join policies as later
        on
            earlier.subject_kind = later.subject_kind
            and earlier.priority = later.priority
            and earlier.valid_until > later.valid_from
            and earlier.valid_from < later.valid_until
            -- each pair once, and no policy with itself
            and earlier.policy_code || '/' || cast(earlier.version as string)
            < later.policy_code || '/' || cast(later.version as string)

)

select * from policy_overlaps
