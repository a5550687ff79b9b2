-- KPI: mean stars of reviews that nobody rewarded, by the day of the review.
with

{{ star_rating_subjects('not is_incentivised') }},

counts_by_day as (

    {{ kpi_counted(extras={'star_square_sum': 'round(cast(sum(numerator * numerator) as double), 6)'}) }}

)

select * from counts_by_day
