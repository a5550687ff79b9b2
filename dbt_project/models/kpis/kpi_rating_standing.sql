-- KPI: mean stars of the reviews that stand, those taken down left out, by the day of the review.
with

{{ star_rating_subjects('deleted_at is null') }},

counts_by_day as (

    {{ kpi_counted(extras={'star_square_sum': 'round(cast(sum(numerator * numerator) as double), 6)'}) }}

)

select * from counts_by_day
