-- KPI: mean satisfaction of the customers whose cases belong to a crisis, by the day on which it was noticed.
with

crises as (

    select * from {{ ref('fct_crises') }}

),

subjects as (

    select
        'reviews.fct_cases' as row_table,
        cases.case_key as row_key,
        -- dated by the crisis, not by the day of a single case
        cast(crises.detected_at as date) as period_date,
        'all' as channel_code,
        coalesce(crises.brand_code, 'own') as brand_code,
        coalesce(crises.product_key, 'unknown') as product_key,
        cast(cases.csat_score as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_cases') }} as cases

    inner join crises
        on cases.crisis_ref = crises.crisis_ref

    where
        cases.csat_score is not null
        and crises.detected_at is not null

),

counts_by_day as (

    {{ kpi_counted(extras={'score_square_sum': 'round(cast(sum(numerator * numerator) as double), 6)'}) }}

)

select * from counts_by_day
