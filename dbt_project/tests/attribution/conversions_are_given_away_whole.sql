-- Every model credits every conversion in full: its weights add up to 1, its credits to the value, to the cent.
with

credits as (

    select
        conversion_key,
        model_code,
        sum(weight) as weight,
        min(weight) as smallest_weight,
        sum(credited_cny) as credited_cny

    from {{ ref('fct_attribution') }}
    group by conversion_key, model_code

),

model_counts as (

    select count(*) as model_count from {{ ref('attribution_models') }}

),

found as (

    select
        conversion_key,
        count(*) as model_count,
        min(credited_cny) as smallest_credited_cny,
        max(credited_cny) as largest_credited_cny,
        max(abs(weight - 1)) as weight_gap,
        min(smallest_weight) as smallest_weight

    from credits
    group by conversion_key

)

select
    coalesce(conversions.conversion_key, found.conversion_key) as conversion_key,
    conversions.value_cny,
    found.smallest_credited_cny,
    found.largest_credited_cny,
    found.weight_gap,
    found.smallest_weight,
    found.model_count

from {{ ref('fct_conversions') }} as conversions

full outer join found
    on conversions.conversion_key = found.conversion_key

cross join model_counts

where
    found.model_count is distinct from model_counts.model_count
    or conversions.value_cny is distinct from found.smallest_credited_cny
    or conversions.value_cny is distinct from found.largest_credited_cny
    or found.weight_gap > 0.000000001
    or found.smallest_weight <= 0
