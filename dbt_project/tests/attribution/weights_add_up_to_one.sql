-- Every conversion is given away once by every model, whole.
with

credits as (

    select
        conversion_key,
        model_code,
        sum(weight) as weight

    from {{ ref('fct_attribution') }}
    group by all

),

expected as (

    select
        conversions.conversion_key,
        models.model_code

    from {{ ref('fct_conversions') }} as conversions

    cross join {{ ref('attribution_models') }} as models

)

select
    expected.conversion_key,
    expected.model_code,
    credits.weight

from expected

full outer join credits
    on
        expected.conversion_key = credits.conversion_key
        and expected.model_code = credits.model_code

where
    expected.conversion_key is null
    or credits.weight is null
    or abs(credits.weight - 1) > 0.000000001
