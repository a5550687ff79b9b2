-- KPI: mean stars of reviews of verified purchases, by the day of the review.
with

{{ star_rating_subjects('is_verified_purchase') }},

counts_by_day as (

    {{ kpi_counted(extras={'star_square_sum': 'round(cast(sum(numerator * numerator) as double), 6)'}) }}

)

select * from counts_by_day
