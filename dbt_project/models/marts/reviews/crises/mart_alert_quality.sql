-- Grain: one row per kind of period, its start, and brand of ours (all for all of them).
{%- set periods = {'month': "cast(date_trunc('month', {}) as date)", 'all': "cast('1970-01-01' as date)"} -%}
{%- set brands = ['brand_code', "'all'"] %}

with

own_brands as (

    -- crises are declared of our own brands alone, so the quality of competitors' alerts is unknown
    select brand_code
    from {{ ref('int_brands') }}
    where is_own_brand

),

found_episodes as (

    select distinct episode_key from {{ ref('int_crisis_alerts') }}

),

episodes as (

    select
        episodes.brand_code,
        episodes.first_alert_date as happened_on,
        episodes.alert_day_count,
        found_episodes.episode_key is not null as is_true

    from {{ ref('mart_alert_episodes') }} as episodes

    inner join own_brands
        on episodes.brand_code = own_brands.brand_code

    left join found_episodes
        on episodes.episode_key = found_episodes.episode_key

),

crises as (

    select
        crises.brand_code,
        cast(coalesce(crises.detected_at, crises.declared_at) as date) as happened_on,
        crises.first_alert_date is not null as is_found,
        coalesce(
            crises.first_alert_date
            <= cast(coalesce(crises.detected_at, crises.declared_at) as date) + interval '1 day',
            false
        ) as is_found_in_a_day,
        crises.alert_lead_to_detection_hours,
        crises.alert_lead_to_declaration_hours

    from {{ ref('fct_crises') }} as crises

    inner join own_brands
        on crises.brand_code = own_brands.brand_code

    -- a case that was examined and not declared is no crisis
    where crises.declared_at is not null

),

days as (

    select distinct
        series.brand_code,
        series.posted_on as happened_on

    from {{ ref('int_alert_series_days') }} as series

    inner join own_brands
        on series.brand_code = own_brands.brand_code

    where series.level_code = 'brand'

),

events as (

    select
        brand_code,
        happened_on,
        1 as day_count,
        0 as episode_count,
        0 as true_episode_count,
        0 as false_alert_day_count,
        0 as crisis_count,
        0 as found_crisis_count,
        0 as found_in_a_day_count,
        cast(null as double) as alert_lead_to_detection_hours,
        cast(null as double) as alert_lead_to_declaration_hours
    from days

    union all

    select
        brand_code,
        happened_on,
        0 as day_count,
        1 as episode_count,
        case when is_true then 1 else 0 end as true_episode_count,
        case when is_true then 0 else alert_day_count end as false_alert_day_count,
        0 as crisis_count,
        0 as found_crisis_count,
        0 as found_in_a_day_count,
        cast(null as double) as alert_lead_to_detection_hours,
        cast(null as double) as alert_lead_to_declaration_hours
    from episodes

    union all

    select
        brand_code,
        happened_on,
        0 as day_count,
        0 as episode_count,
        0 as true_episode_count,
        0 as false_alert_day_count,
        1 as crisis_count,
        case when is_found then 1 else 0 end as found_crisis_count,
        case when is_found_in_a_day then 1 else 0 end as found_in_a_day_count,
        alert_lead_to_detection_hours,
        alert_lead_to_declaration_hours
    from crises

),

event_scopes as (
    {% for period, start in periods.items() %}
    {%- for brand in brands %}
    select
        '{{ period }}' as period_kind,
        {{ start.format('happened_on') }} as period_start,
        {{ brand }} as brand_code,
        day_count,
        episode_count,
        true_episode_count,
        false_alert_day_count,
        crisis_count,
        found_crisis_count,
        found_in_a_day_count,
        alert_lead_to_detection_hours,
        alert_lead_to_declaration_hours,
        happened_on

    from events
    {%- if not (loop.last and period == 'all') %}

    union all
    {% endif %}
    {%- endfor %}
    {%- endfor %}

),

final as (

    select
        period_kind,
        -- over all time: from the first day that was watched
        case when period_kind = 'all' then min(happened_on) else period_start end as period_start,
        brand_code,
        cast(sum(day_count) as bigint) as brand_day_count,
        cast(sum(episode_count) as bigint) as episode_count,
        cast(sum(true_episode_count) as bigint) as true_episode_count,
        sum(true_episode_count) / nullif(cast(sum(episode_count) as double), 0) as alert_precision,
        cast(sum(crisis_count) as bigint) as crisis_count,
        cast(sum(found_crisis_count) as bigint) as found_crisis_count,
        cast(sum(found_in_a_day_count) as bigint) as found_in_a_day_count,
        sum(found_crisis_count) / nullif(cast(sum(crisis_count) as double), 0) as alert_recall,
        cast(sum(false_alert_day_count) as bigint) as false_alert_day_count,
        60 * sum(false_alert_day_count) / nullif(cast(sum(day_count) as double), 0) as false_alerts_per_60_days,
        cast(median(alert_lead_to_detection_hours) as double) as median_lead_to_detection_hours,
        cast(median(alert_lead_to_declaration_hours) as double) as median_lead_to_declaration_hours

    from event_scopes
    group by
        period_kind,
        period_start,
        brand_code

)

select * from final
