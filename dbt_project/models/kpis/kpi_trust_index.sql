-- KPI: mean answer to the trust questionnaire as a share of its scale, times 100, by the day of the answer and age.
with

{{ brand_answers(ref('fct_surveys'), 'trust') }},

customers as (

    select * from {{ ref('dim_customers') }}

),

bands as (

    select * from {{ ref('dim_age_bands') }}

),

subjects as (

    select
        'segments.fct_surveys' as row_table,
        answers.survey_key as row_key,
        cast(answers.answered_at as date) as period_date,
        'all' as channel_code,
        -- a survey asks about the house, not about one brand or product of it
        'own' as brand_code,
        'all' as product_key,
        'age_band' as segment_kind,
        coalesce(bands.age_band_code, 'unknown') as segment_code,
        answers.scale_share as numerator,
        cast(1 as double) as denominator

    from answers

    left join customers
        on answers.customer_key = customers.customer_key

    -- the age reached in the year of asking
    left join bands
        on
            answers.asked_year - customers.birth_year >= bands.age_from
            and answers.asked_year - customers.birth_year < bands.age_below

),

{{ brand_index_rows() }}

select * from final
