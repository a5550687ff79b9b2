-- KPI: journeys of people who had not bought yet, by the day of the first touch, that ended in a first order.
with

{{ journey_conversion_subjects('acquisition') }},

counts_by_day as (

    {{ kpi_counted() }}

)

select * from counts_by_day
