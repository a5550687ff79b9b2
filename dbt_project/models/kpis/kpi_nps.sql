-- KPI: promoters less detractors, over all answers on a 0-10 scale, by the day of the answer.
with

subjects as (

    select
        'segments.fct_surveys' as row_table,
        survey_key as row_key,
        cast(answered_at as date) as period_date,
        channel_code,
        -- a survey is about the company, not about one of its brands or products
        'own' as brand_code,
        'all' as product_key,
        cast(case nps_group_code when 'promoter' then 1 when 'detractor' then -1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_surveys') }}
    where
        survey_kind = 'nps'
        -- null on any other scale
        and nps_group_code is not null
        and answered_at is not null

),

counts_by_day as (

    {{ kpi_counted(extras={
        'promoter_count': 'count(*) filter (where numerator > 0)',
        'detractor_count': 'count(*) filter (where numerator < 0)',
    }) }}

)

select * from counts_by_day
