-- KPI: reviews of four stars and more, over all rated ones.
select
    cast(posted_at as date) as period_date,
    channel_code,
    coalesce(brand_code, 'unknown') as brand_code,
    coalesce(product_key, 'unknown') as product_key,
    cast(count(*) filter (where rating_share >= {{ var('positive_rating_from') }}) as double) as numerator,
    cast(count(*) as double) as denominator
from {{ ref('fct_voices') }}
where
    voice_kind = 'review'
    and is_original
    and rating_share is not null
    and posted_at is not null
group by all
