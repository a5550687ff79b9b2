-- By channel and by strategy, every model credits all conversions of a goal and month: their number, and their value to
-- the cent, by month and by single journey.
with

conversions as (

    select
        goal_code,
        cast(date_trunc('month', converted_at) as date) as month_start,
        count(*) as conversion_count,
        sum(value_cny) as value_cny

    from {{ ref('fct_conversions') }}
    group by all

),

models as (

    select model_code from {{ ref('attribution_models') }}

),

credit as (

    select
        'channel' as dimension_code,
        goal_code,
        month_start,
        model_code,
        credited_conversions,
        credited_cny,
        localised_conversions,
        localised_cny
    from {{ ref('channel_credit') }}

    union all

    select
        'strategy' as dimension_code,
        goal_code,
        month_start,
        model_code,
        credited_conversions,
        credited_cny,
        localised_conversions,
        localised_cny
    from {{ ref('strategy_credit') }}

),

totals as (

    select
        dimension_code,
        goal_code,
        month_start,
        model_code,
        sum(credited_conversions) as credited_conversions,
        sum(credited_cny) as credited_cny,
        sum(localised_conversions) as localised_conversions,
        sum(localised_cny) as localised_cny

    from credit
    group by all

)

select
    conversions.*,
    models.model_code,
    totals.*

from conversions

cross join models

cross join (values ('channel'), ('strategy')) as dimensions (dimension_code)

left join totals
    on
        conversions.goal_code = totals.goal_code
        and conversions.month_start = totals.month_start
        and models.model_code = totals.model_code
        and dimensions.dimension_code = totals.dimension_code

where
    totals.model_code is null
    or abs(totals.credited_conversions - conversions.conversion_count) > 0.000001
    or abs(totals.localised_conversions - conversions.conversion_count) > 0.000001
    or totals.credited_cny <> conversions.value_cny
    or totals.localised_cny <> conversions.value_cny
