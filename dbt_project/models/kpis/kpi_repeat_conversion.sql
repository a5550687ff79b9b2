-- KPI: journeys of buyers, by the day of the first touch since their last order, that ended in another order.
with

{{ journey_conversion_subjects('retention') }},

counts_by_day as (

    {{ kpi_counted() }}

)

select * from counts_by_day
