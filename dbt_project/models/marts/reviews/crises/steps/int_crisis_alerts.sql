-- Grain: one row per crisis and episode of alerts that belongs to it.
{#-
    The rule by which an alert counts as having found a crisis: the same brand; the same product, or one of the two
    names none; and a day with an alert between alert_match_lead_days before the crisis was noticed and its end.
#}
with

crises as (

    select * from {{ ref('int_crises') }}

),

alert_days as (

    select distinct
        episode_key,
        brand_code,
        episode_product_key as product_key,
        alert_date

    from {{ ref('int_alerts') }}

),

final as (

    select
        crises.crisis_key,
        alert_days.episode_key,
        min(alert_days.alert_date) as first_alert_date

    from crises

    inner join alert_days
        on
            crises.brand_code = alert_days.brand_code
            and coalesce(crises.product_key, alert_days.product_key, '')
            = coalesce(alert_days.product_key, crises.product_key, '')
            and crises.window_from - interval '{{ var('alert_match_lead_days') }} days' <= alert_days.alert_date
            and crises.ended_at >= alert_days.alert_date

    group by
        crises.crisis_key,
        alert_days.episode_key

)

select * from final
