-- Grain: one row per month, source (piece, mention) and outlet; outlet `all` is all of the source's.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

pieces as (

    select
        'piece' as source_code,
        coalesce(pieces.outlet_name, 'unnamed') as outlet_code,
        cast(date_trunc('month', pieces.published_on) as date) as month_start,
        -- in a press list an empty fee means unpaid
        case when pieces.spend_cny > 0 then 'paid' else 'earned' end as ownership_code,
        pieces.spend_cny is null as is_spend_blank,
        pieces.reach_count,
        cast(null as bigint) as impression_count,
        pieces.spend_cny,
        cast(null as boolean) as is_negative,
        cast(null as decimal(18, 4)) as emv_estimate_cny

    from {{ ref('stg_brand_programmes') }} as pieces

    inner join as_of
        on pieces.published_on <= as_of.as_of

    where pieces.kind_code = 'media'

),

voices as (

    select * from {{ ref('fct_voices') }}
    where
        voice_kind = 'mention'
        and author_kind = 'media'
        and is_own_brand
        and is_public
        and is_original

),

{{ voice_impressions() }},

-- the rate of the platform that was in force; only impressions are priced here
voice_rates as (

    select
        voices.voice_key,
        rates.cny_per_thousand

    from voices

    inner join {{ ref('emv_rates') }} as rates
        on
            voices.channel_code = rates.channel_code
            and cast(voices.posted_at as date) >= rates.valid_from
            and rates.measure_code = 'impression'

    qualify row_number() over (
        partition by voices.voice_key
        order by rates.valid_from desc
    ) = 1

),

mentions as (

    select
        'mention' as source_code,
        voices.channel_code as outlet_code,
        cast(date_trunc('month', voices.posted_at) as date) as month_start,
        case when voices.is_earned then 'earned' else 'paid' end as ownership_code,
        false as is_spend_blank,
        cast(null as bigint) as reach_count,
        impressions.impression_count,
        cast(null as decimal(18, 2)) as spend_cny,
        voices.is_negative,
        case
            when voices.is_earned
                then cast(impressions.impression_count * voice_rates.cny_per_thousand / 1000 as decimal(18, 4))
        end as emv_estimate_cny

    from voices

    left join impressions
        on voices.voice_key = impressions.subject_key

    left join voice_rates
        on voices.voice_key = voice_rates.voice_key

),

media as (

    select * from pieces
    union all
    select * from mentions

),

media_counts as (

    select
        month_start,
        source_code,
        case when grouping(outlet_code) = 1 then 'all' else outlet_code end as outlet_code,
        count(*) as media_count,
        count(*) filter (where ownership_code = 'earned') as earned_count,
        count(*) filter (where ownership_code = 'paid') as paid_count,
        count(*) filter (where is_spend_blank) as spend_blank_count,
        count(reach_count) as reach_known_count,
        count(impression_count) as impression_known_count,
        cast(sum(reach_count) as bigint) as reach_count,
        cast(sum(reach_count) filter (where ownership_code = 'earned') as bigint) as earned_reach_count,
        cast(sum(reach_count) filter (where ownership_code = 'paid') as bigint) as paid_reach_count,
        cast(sum(impression_count) as bigint) as impression_count,
        cast(sum(impression_count) filter (where ownership_code = 'earned') as bigint) as earned_impression_count,
        cast(sum(impression_count) filter (where ownership_code = 'paid') as bigint) as paid_impression_count,
        cast(sum(spend_cny) as decimal(18, 2)) as spend_cny,
        -- a price per thousand needs a fee and a reach
        sum(spend_cny) filter (where ownership_code = 'paid' and reach_count is not null) as priced_spend_cny,
        cast(sum(emv_estimate_cny) as decimal(18, 2)) as emv_estimate_cny,
        count(is_negative) as judged_count,
        count(*) filter (where is_negative) as negative_count

    from media
    group by
        grouping sets (
            (month_start, source_code),
            (month_start, source_code, outlet_code)
        )

),

final as (

    select
        month_start,
        source_code,
        outlet_code,
        media_count,
        earned_count,
        paid_count,
        spend_blank_count,
        reach_known_count,
        reach_count,
        earned_reach_count,
        paid_reach_count,
        round(
            coalesce(earned_reach_count, 0)
            / nullif(coalesce(earned_reach_count, 0) + coalesce(paid_reach_count, 0), 0), 8
        ) as earned_reach_share,
        impression_known_count,
        impression_count,
        earned_impression_count,
        paid_impression_count,
        spend_cny,
        round(cast(priced_spend_cny as double) * 1000 / nullif(paid_reach_count, 0), 4) as paid_cny_per_thousand,
        emv_estimate_cny,
        judged_count,
        negative_count

    from media_counts

)

select * from final
