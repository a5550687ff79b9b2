-- Grain: one row per measure, pair of tiers and band of reach; `all` is the comparison over the bands in common.
{%- set fewest = var('tier_fewest_pieces') %}

with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

pieces as (

    select
        pieces.tier_code,
        -- pieces are compared within a band of reach: large accounts reach more people and engage a smaller share of
        -- them
        cast(floor(log10(pieces.impression_count) * {{ var('tier_bands_per_decade') }}) as integer) as reach_band,
        pieces.engagement_rate,
        pieces.is_hit_note,
        pieces.cost_cny * 1000 / pieces.impression_count as cpm_cny,
        pieces.cost_cny / nullif(pieces.engagement_count, 0) as cpe_cny

    from {{ ref('mart_content_performance') }} as pieces

    inner join as_of
        on
            cast(pieces.published_at as date) > as_of.as_of - {{ var('tier_window_days') }}
            and cast(pieces.published_at as date) <= as_of.as_of

    where
        pieces.tier_code in ('kol', 'koc', 'institution', 'media')
        and pieces.impression_count > 0

),

piece_measures as (

    select
        tier_code,
        reach_band,
        'engagement_rate' as measure_code,
        engagement_rate as measured_value
    from pieces
    union all
    select
        tier_code,
        reach_band,
        'hit_note_rate' as measure_code,
        case when is_hit_note then 1.0 else 0.0 end as measured_value
    from pieces
    where is_hit_note is not null
    union all
    select
        tier_code,
        reach_band,
        'cpm_cny' as measure_code,
        cpm_cny as measured_value
    from pieces
    union all
    select
        tier_code,
        reach_band,
        'cpe_cny' as measure_code,
        cpe_cny as measured_value
    from pieces

),

cells as (

    -- rounded, because the last digits of a sum of doubles depend on the order of its rows
    select
        measure_code,
        tier_code,
        reach_band,
        count(*) as piece_count,
        round(avg(measured_value), 10) as mean_value,
        -- squared error of the mean; for a share after Agresti and Caffo (2000), since 0 of 5 is no certainty
        case
            when measure_code = 'hit_note_rate'
                then
                    (sum(measured_value) + 1) * (count(*) - sum(measured_value) + 1) / power(count(*) + 2, 3)
            else round(var_samp(measured_value), 12) / count(*)
        end as squared_error

    from piece_measures
    where measured_value is not null
    group by measure_code, tier_code, reach_band

),

tiers as (

    select
        measure_code,
        tier_code,
        cast(sum(piece_count) as bigint) as piece_count,
        sum(mean_value * piece_count) / sum(piece_count) as mean_value

    from cells
    group by measure_code, tier_code

),

pairs as (

    select
        tiers.measure_code,
        tiers.tier_code,
        others.tier_code as other_tier_code,
        tiers.piece_count,
        others.piece_count as other_piece_count,
        tiers.mean_value as crude_value,
        others.mean_value as other_crude_value

    from tiers

    inner join tiers as others
        on
            tiers.measure_code = others.measure_code
            and tiers.tier_code <> others.tier_code

),

measure_bands as (

    select distinct
        measure_code,
        reach_band

    from cells

),

bands as (

    select
        pairs.measure_code,
        pairs.tier_code,
        pairs.other_tier_code,
        measure_bands.reach_band,
        coalesce(own.piece_count, 0) as piece_count,
        coalesce(others.piece_count, 0) as other_piece_count,
        own.mean_value,
        others.mean_value as other_mean_value,
        own.squared_error + others.squared_error as squared_error,
        case
            when pairs.measure_code <> 'hit_note_rate'
                then
                    power(own.squared_error, 2) / nullif(own.piece_count - 1, 0)
                    + power(others.squared_error, 2) / nullif(others.piece_count - 1, 0)
        end as squared_error_by_freedom,
        coalesce(own.piece_count >= {{ fewest }} and others.piece_count >= {{ fewest }}, false) as is_common

    from pairs

    inner join measure_bands
        on pairs.measure_code = measure_bands.measure_code

    left join cells as own
        on
            pairs.measure_code = own.measure_code
            and pairs.tier_code = own.tier_code
            and measure_bands.reach_band = own.reach_band

    left join cells as others
        on
            pairs.measure_code = others.measure_code
            and pairs.other_tier_code = others.tier_code
            and measure_bands.reach_band = others.reach_band

    where own.piece_count is not null or others.piece_count is not null

),

-- direct standardisation: both tiers get the pair's joint mix of the bands in which both have pieces
bands_with_weight as (

    select
        *,
        (piece_count + other_piece_count) / sum(piece_count + other_piece_count) over (
            partition by measure_code, tier_code, other_tier_code
        ) as weight

    from bands
    where is_common

),

standardised_pairs as (

    select
        measure_code,
        tier_code,
        other_tier_code,
        count(*) as common_band_count,
        cast(sum(piece_count) as bigint) as common_piece_count,
        cast(sum(other_piece_count) as bigint) as other_common_piece_count,
        sum(weight * mean_value) as standardised_value,
        sum(weight * other_mean_value) as other_standardised_value,
        sum(power(weight, 2) * squared_error) as squared_error,
        sum(power(weight, 4) * squared_error_by_freedom) as squared_error_by_freedom

    from bands_with_weight
    group by measure_code, tier_code, other_tier_code

),

pair_comparisons as (

    select
        pairs.measure_code,
        pairs.tier_code,
        pairs.other_tier_code,
        'all' as reach_band_code,
        cast(null as bigint) as impressions_from,
        cast(null as bigint) as impressions_below,
        pairs.piece_count,
        pairs.other_piece_count,
        coalesce(standardised_pairs.common_piece_count, 0) as common_piece_count,
        coalesce(standardised_pairs.other_common_piece_count, 0) as other_common_piece_count,
        coalesce(standardised_pairs.common_band_count, 0) as common_band_count,
        pairs.crude_value,
        pairs.other_crude_value,
        standardised_pairs.standardised_value,
        standardised_pairs.other_standardised_value,
        standardised_pairs.squared_error,
        standardised_pairs.squared_error_by_freedom

    from pairs

    left join standardised_pairs
        on
            pairs.measure_code = standardised_pairs.measure_code
            and pairs.tier_code = standardised_pairs.tier_code
            and pairs.other_tier_code = standardised_pairs.other_tier_code

    union all

    select
        measure_code,
        tier_code,
        other_tier_code,
        cast(reach_band as string) as reach_band_code,
        cast(ceil(power(10, reach_band / {{ var('tier_bands_per_decade') }})) as bigint) as impressions_from,
        cast(ceil(power(10, (reach_band + 1) / {{ var('tier_bands_per_decade') }})) as bigint) as impressions_below,
        piece_count,
        other_piece_count,
        case when is_common then piece_count else 0 end as common_piece_count,
        case when is_common then other_piece_count else 0 end as other_common_piece_count,
        case when is_common then 1 else 0 end as common_band_count,
        mean_value as crude_value,
        other_mean_value as other_crude_value,
        case when is_common then mean_value end as standardised_value,
        case when is_common then other_mean_value end as other_standardised_value,
        case when is_common then squared_error end as squared_error,
        case when is_common then squared_error_by_freedom end as squared_error_by_freedom

    from bands

),

-- Welch's interval, weighted: degrees of freedom by Satterthwaite; a share has the normal point
comparisons_with_margin as (

    select
        *,
        sqrt(squared_error) * coalesce(
            {{ t_975('(power(squared_error, 2) / nullif(squared_error_by_freedom, 0))') }},
            1.959964
        ) as margin

    from pair_comparisons

),

final as (

    select
        measure_code,
        tier_code,
        other_tier_code,
        reach_band_code,
        impressions_from,
        impressions_below,
        cast(piece_count as bigint) as piece_count,
        cast(other_piece_count as bigint) as other_piece_count,
        cast(common_piece_count as bigint) as common_piece_count,
        cast(other_common_piece_count as bigint) as other_common_piece_count,
        cast(common_band_count as bigint) as common_band_count,
        cast(round(crude_value, 8) as double) as crude_value,
        cast(round(other_crude_value, 8) as double) as other_crude_value,
        cast(round(standardised_value, 8) as double) as standardised_value,
        cast(round(other_standardised_value, 8) as double) as other_standardised_value,
        cast(round(standardised_value - other_standardised_value, 8) as double) as difference,
        cast(round(standardised_value - other_standardised_value - margin, 8) as double)
            as difference_low,
        cast(round(standardised_value - other_standardised_value + margin, 8) as double)
            as difference_high

    from comparisons_with_margin

)

select * from final
