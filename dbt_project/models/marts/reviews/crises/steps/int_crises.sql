-- Grain: one row per crisis, with what it is about, as far as its cases say.
{#-
    The feed of crises names no brand, product or aspect. The cases that carry its ref do: the product and aspect that
    most of them name, where any does. A crisis whose cases name no brand is our only brand's, if we are one.
#}
with

crises as (

    select * from {{ ref('stg_crises') }}

),

as_of as (

    select * from {{ ref('stg_as_of') }}

),

sole_brand as (

    select case when count(*) = 1 then max(brand_code) end as brand_code
    from {{ ref('int_brands') }}
    where is_own_brand

),

cases as (

    select
        cases.crisis_ref,
        cases.case_key,
        voices.brand_code,
        voices.product_key,
        voices.is_negative

    from {{ ref('fct_cases') }} as cases

    left join {{ ref('fct_voices') }} as voices
        on cases.case_key = voices.voice_key

    where cases.crisis_ref is not null

),

complaints as (

    select
        cases.crisis_ref,
        aspects.aspect_code

    from cases

    inner join {{ ref('fct_voice_aspects') }} as aspects
        on cases.case_key = aspects.voice_key

    where {{ is_complaint('aspects', 'cases') }}

),

brands as (

    select
        crisis_ref,
        brand_code
    from cases
    where brand_code is not null
    group by
        crisis_ref,
        brand_code
    qualify row_number() over (partition by crisis_ref order by count(*) desc, brand_code asc) = 1

),

products as (

    select
        crisis_ref,
        product_key
    from cases
    where product_key is not null
    group by
        crisis_ref,
        product_key
    qualify row_number() over (partition by crisis_ref order by count(*) desc, product_key asc) = 1

),

aspects as (

    select
        crisis_ref,
        aspect_code
    from complaints
    group by
        crisis_ref,
        aspect_code
    qualify row_number() over (partition by crisis_ref order by count(*) desc, aspect_code asc) = 1

),

final as (

    select
        crises.record_key as crisis_key,
        crises.channel_code,
        crises.crisis_ref,
        crises.title,
        crises.level_code,
        coalesce(brands.brand_code, sole_brand.brand_code) as brand_code,
        products.product_key,
        aspects.aspect_code,
        crises.detected_at,
        crises.declared_at,
        crises.first_statement_at,
        crises.apology_at,
        crises.plan_published_at,
        crises.closed_at,
        -- its voices count from the morning of the day it was noticed, for it broke out before that
        cast(coalesce(crises.detected_at, crises.declared_at) as date) as window_from,
        coalesce(crises.detected_at, crises.declared_at) as started_at,
        least(coalesce(crises.closed_at, as_of.as_of_end_at), as_of.as_of_end_at) as ended_at

    from crises

    cross join as_of

    cross join sole_brand

    left join brands
        on crises.crisis_ref = brands.crisis_ref

    left join products
        on crises.crisis_ref = products.crisis_ref

    left join aspects
        on crises.crisis_ref = aspects.crisis_ref

)

select * from final
