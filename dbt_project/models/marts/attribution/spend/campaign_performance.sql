-- Grain: one row per campaign, goal, month and model in which the campaign spent or was credited; what belongs to no
-- campaign has a row per marketing channel.
{%- set campaign = "coalesce(campaign_key, 'no_campaign')" %}
{%- set channel_without_campaign %}
case when campaign_key is null then coalesce(marketing_channel_code, 'unknown') else 'all' end
{%- endset %}
with

{{ spend_performance(
    keys={
        'campaign_key': (campaign, campaign),
        'marketing_channel_code': (channel_without_campaign, channel_without_campaign),
    },
    dimension=ref('dim_campaigns'),
    attributes=['campaign_name', 'strategy_code'],
) }}

select * from performance
