-- KPI: positive less negative, over the public voices that took a side.
select
    cast(posted_at as date) as period_date,
    channel_code,
    coalesce(brand_code, 'unknown') as brand_code,
    coalesce(product_key, 'unknown') as product_key,
    cast(
        count(*) filter (where sentiment_code = 'positive')
        - count(*) filter (where sentiment_code = 'negative') as double
    ) as numerator,
    cast(count(*) as double) as denominator
from {{ ref('fct_voices') }}
where
    is_public
    and is_original
    -- praise that was a condition of a reward is a violation, never reputation
    and not is_praise_required
    and sentiment_code in ('positive', 'negative')
    and posted_at is not null
group by all
