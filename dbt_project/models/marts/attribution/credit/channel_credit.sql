-- Grain: one row per goal, month of conversion, model and marketing channel.
with

{{ credit_by('marketing_channel') }}

select * from credit
