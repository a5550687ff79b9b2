-- KPI: mean answer to the identity questionnaire as a share of its scale, times 100, by the day of the answer and age.
with

{{ brand_index_kpi('identity') }}

select * from final
