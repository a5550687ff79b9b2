-- Each kind of purchase begins at day 0, goes on without gap or overlap, and has no end:
-- the stages are exclusive and exhaustive.
with

rules as (

    select
        purchase_kind,
        from_day,
        to_day,
        lag(to_day) over (partition by purchase_kind order by from_day) as previous_to_day,
        row_number() over (partition by purchase_kind order by from_day) as rule_number,
        row_number() over (partition by purchase_kind order by from_day desc) as number_from_the_end

    from {{ ref('lifecycle_rules') }}

)

select * from rules
where
    (rule_number = 1 and from_day <> 0)
    or (rule_number > 1 and from_day is distinct from previous_to_day)
    or (number_from_the_end = 1 and to_day is not null)
    or to_day <= from_day
