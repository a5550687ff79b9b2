-- Grain: one row per own brand, competitor, month and aspect that both brands' public mentions name.
with

mentions as (

    -- reviews and cases are about us by nature; only mentions are searched for every brand alike
    select
        voice_key,
        brand_code,
        is_own_brand,
        cast(date_trunc('month', posted_at) as date) as month_start

    from {{ ref('fct_voices') }}
    where
        voice_kind = 'mention'
        and is_public
        and is_earned
        and is_original
        and brand_code is not null
        and posted_at is not null
        and text_sha256 is not null

),

totals as (

    select
        brand_code,
        month_start,
        bool_or(is_own_brand) as is_own_brand,
        count(*) as voice_count

    from mentions
    group by brand_code, month_start

),

aspect_counts as (

    select
        mentions.brand_code,
        mentions.month_start,
        found.aspect_code,
        count(*) as mention_count,
        count(*) filter (where found.polarity = 1) as positive_count,
        count(*) filter (where found.polarity <> 0) as judged_count

    from {{ ref('fct_voice_aspects') }} as found

    inner join mentions
        on found.voice_key = mentions.voice_key

    group by mentions.brand_code, mentions.month_start, found.aspect_code

),

pairs as (

    -- an aspect without mentions on one side counts 0 there
    select
        own.brand_code,
        rival.brand_code as competitor_brand_code,
        own.month_start,
        aspects.aspect_code,
        own.voice_count,
        rival.voice_count as competitor_voice_count

    from totals as own

    inner join totals as rival
        on
            own.month_start = rival.month_start
            and own.is_own_brand
            and not rival.is_own_brand

    inner join aspect_counts as aspects
        on
            own.month_start = aspects.month_start
            and aspects.brand_code in (own.brand_code, rival.brand_code)

    group by all

),

pair_counts as (

    select
        pairs.*,
        coalesce(own.mention_count, 0) as mention_count,
        coalesce(own.judged_count, 0) as judged_count,
        coalesce(own.positive_count, 0) as positive_count,
        coalesce(rival.mention_count, 0) as competitor_mention_count,
        coalesce(rival.judged_count, 0) as competitor_judged_count,
        coalesce(rival.positive_count, 0) as competitor_positive_count

    from pairs

    left join aspect_counts as own
        on
            pairs.brand_code = own.brand_code
            and pairs.month_start = own.month_start
            and pairs.aspect_code = own.aspect_code

    left join aspect_counts as rival
        on
            pairs.competitor_brand_code = rival.brand_code
            and pairs.month_start = rival.month_start
            and pairs.aspect_code = rival.aspect_code

),

final as (

    select
        brand_code,
        competitor_brand_code,
        month_start,
        aspect_code,
        voice_count,
        competitor_voice_count,
        mention_count,
        competitor_mention_count,
        mention_count / voice_count as mention_rate,
        competitor_mention_count / competitor_voice_count as competitor_mention_rate,
        mention_count / voice_count - competitor_mention_count / competitor_voice_count as mention_rate_gap,
        {{ newcombe_end(
            'mention_count', 'voice_count', 'competitor_mention_count', 'competitor_voice_count', '-'
        ) }} as mention_rate_gap_low,
        {{ newcombe_end(
            'mention_count', 'voice_count', 'competitor_mention_count', 'competitor_voice_count', '+'
        ) }} as mention_rate_gap_high,
        judged_count,
        competitor_judged_count,
        -- (P-N)/(P+N) is twice the share of praise, less one; so is a difference of two
        2 * positive_count / nullif(judged_count, 0) - 1 as aspect_nsr,
        2 * competitor_positive_count / nullif(competitor_judged_count, 0) - 1 as competitor_aspect_nsr,
        2 * positive_count / nullif(judged_count, 0)
        - 2 * competitor_positive_count / nullif(competitor_judged_count, 0) as aspect_nsr_gap,
        2 * {{ newcombe_end(
            'positive_count', 'judged_count', 'competitor_positive_count', 'competitor_judged_count', '-'
        ) }} as aspect_nsr_gap_low,
        2 * {{ newcombe_end(
            'positive_count', 'judged_count', 'competitor_positive_count', 'competitor_judged_count', '+'
        ) }} as aspect_nsr_gap_high

    from pair_counts

)

select * from final
