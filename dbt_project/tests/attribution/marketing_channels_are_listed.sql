-- A channel that the seed does not list has no group, domain or strategy of its own, so its touches may be in no
-- window of word of mouth or of paid advertising.
{{ config(severity='warn') }}

select
    touches.marketing_channel_code,
    touches.source_feed,
    count(*) as touch_count

from {{ ref('fct_touchpoints') }} as touches

left join {{ ref('marketing_channels') }} as marketing_channels
    on touches.marketing_channel_code = marketing_channels.marketing_channel_code

where marketing_channels.marketing_channel_code is null
group by all
