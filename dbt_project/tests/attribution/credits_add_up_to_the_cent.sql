-- What the touches of a conversion are credited with is what the conversion was worth, in every model.
with

credits as (

    select
        conversion_key,
        model_code,
        sum(credited_cny) as credited_cny

    from {{ ref('fct_attribution') }}
    group by all

)

select
    conversions.conversion_key,
    credits.model_code,
    conversions.value_cny,
    credits.credited_cny

from {{ ref('fct_conversions') }} as conversions

inner join credits
    on conversions.conversion_key = credits.conversion_key

where conversions.value_cny <> credits.credited_cny
