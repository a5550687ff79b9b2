-- A channel that the seed does not list has no group, so its touches are in no window of word of mouth
-- or of paid advertising.
{{ config(severity='warn') }}

select
    marketing_channel_code,
    count(*) as touch_count

from {{ ref('fct_touchpoints') }}
where
    touch_group_code is null
    and marketing_channel_code is not null
group by all
