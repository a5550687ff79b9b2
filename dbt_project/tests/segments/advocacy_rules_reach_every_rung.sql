-- Every rung has a rule, exactly one rule needs no evidence, and numbers rise with the rungs: so each customer has
-- exactly one rung, by exactly one rule.
with

rules as (

    select
        rungs.advocacy_code,
        rungs.rung,
        rules.rule_number,
        rules.deed_code,
        rules.from_count,
        max(rules.rule_number) over (order by rungs.rung range between unbounded preceding and 1 preceding)
            as number_below

    from {{ ref('advocacy_rungs') }} as rungs

    left join {{ ref('advocacy_rules') }} as rules
        on rungs.advocacy_code = rules.advocacy_code

)

select * from rules
where
    rule_number is null
    or rule_number <= number_below
    or (deed_code = 'nothing') <> (rung = 0)
    or (deed_code = 'nothing') <> (rule_number = 0)
    or (deed_code <> 'nothing' and from_count < 1)
