-- Grain: one row per goal, month of conversion, model and strategy.
with

{{ credit_by('strategy') }}

select * from credit
