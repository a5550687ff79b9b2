-- KPI: promoters less detractors, over all answers on a 0-10 scale, by the day of the answer.
select
    cast(answered_at as date) as period_date,
    channel_code,
    -- a survey asks about the house, not about one brand or product of it
    'own' as brand_code,
    'all' as product_key,
    cast(
        count(*) filter (where nps_group_code = 'promoter')
        - count(*) filter (where nps_group_code = 'detractor') as double
    ) as numerator,
    cast(count(*) as double) as denominator,
    count(*) filter (where nps_group_code = 'promoter') as promoter_count,
    count(*) filter (where nps_group_code = 'detractor') as detractor_count
from {{ ref('fct_surveys') }}
where
    survey_kind = 'nps'
    -- null on any other scale
    and nps_group_code is not null
    and answered_at is not null
group by all
