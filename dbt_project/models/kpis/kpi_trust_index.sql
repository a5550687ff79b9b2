-- KPI: mean answer to the trust questionnaire as a share of its scale, times 100, by the day of the answer and age.
with

{{ brand_index_kpi('trust') }}

select * from final
