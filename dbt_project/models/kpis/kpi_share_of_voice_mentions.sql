-- KPI: public mentions of a brand over those of all watched brands, for each kind of period.
with

{{ share_of_voice() }}

select * from shares
