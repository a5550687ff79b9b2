-- Grain: one row per strategy, goal, month and model in which the strategy spent or was credited.
{%- set credited_strategy %}
case
            when strategy_code is not null then strategy_code
            when marketing_channel_code = 'unattributed' then 'unattributed'
            else 'no_strategy'
        end
{%- endset %}
with

{{ spend_performance(
    keys={'strategy_code': ("coalesce(strategy_code, 'no_strategy')", credited_strategy)},
    dimension=ref('strategies'),
    attributes=['strategy_name', 'touch_group_code'],
) }}

select * from performance
