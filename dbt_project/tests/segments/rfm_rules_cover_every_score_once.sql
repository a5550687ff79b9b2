-- Each of the 125 combinations of scores has exactly one segment.
with

scores as (

    select fifths.score
    from (values (1), (2), (3), (4), (5)) as fifths (score)

),

combinations as (

    select
        recency.score as recency_score,
        frequency.score as frequency_score,
        monetary.score as monetary_score

    from scores as recency

    cross join scores as frequency

    cross join scores as monetary

)

select
    combinations.recency_score,
    combinations.frequency_score,
    combinations.monetary_score,
    count(rules.rfm_segment_code) as segment_count

from combinations

left join {{ ref('rfm_rules') }} as rules
    on
        combinations.recency_score between rules.recency_from and rules.recency_to
        and combinations.frequency_score between rules.frequency_from and rules.frequency_to
        and combinations.monetary_score between rules.monetary_from and rules.monetary_to

group by all
having count(rules.rfm_segment_code) <> 1
