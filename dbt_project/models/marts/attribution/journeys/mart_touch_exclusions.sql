-- Grain: one row per day, source and rule, those that count included.
with

touches as (

    select
        cast(touched_at as date) as touched_on,
        source_feed,
        coalesce(exclusion_rule_code, 'none') as rule_code,
        coalesce(excluded_code, 'counted') as outcome_code,
        touch_key,
        customer_key

    from {{ ref('fct_touchpoints') }}

),

touch_counts as (

    select
        touched_on,
        source_feed,
        rule_code,
        outcome_code,
        count(*) as touch_count,
        count(distinct customer_key) as customer_count

    from touches
    group by touched_on, source_feed, rule_code, outcome_code

),

final as (

    select
        touched_on,
        source_feed,
        rule_code,
        outcome_code,
        touch_count,
        customer_count,
        touch_count / cast(sum(touch_count) over (partition by touched_on, source_feed) as double) as touch_share

    from touch_counts

)

select * from final
