-- Grain: one row per piece of content.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='piece_key') }}
{%- set attributes = [
    'piece_key', 'content_ref', 'voice_key', 'voice_ref', 'channel_code', 'campaign_key', 'strategy_code', 'creator_ref',
    'tier_code', 'topic_ref', 'theme_code', 'format_code', 'ownership_code', 'fee_cny', 'product_cost_cny', 'published_at',
] | join(', ') %}

with

affected as (

    {{ affected_keys([
        "select piece_key from " ~ ref('int_content_pieces')
        ~ " where content_ref in (" ~ changed_in('engagement', 'subject_ref') ~ ")",
        "select piece_key from " ~ ref('int_content_pieces')
        ~ " where voice_ref in (" ~ changed_in('engagement', 'subject_ref') ~ ")",
        "select piece_key from ("
        ~ "(select " ~ attributes ~ " from " ~ ref('int_content_pieces')
        ~ " except select " ~ attributes ~ " from " ~ this ~ ")"
        ~ " union all "
        ~ "(select " ~ attributes ~ " from " ~ this
        ~ " except select " ~ attributes ~ " from " ~ ref('int_content_pieces') ~ ")) as moved",
    ]) }}

),

pieces as (

    select * from {{ ref('int_content_pieces') }}
    where {{ is_affected('piece_key') }}

),

-- counters of a piece that is listed twice are not added up: the same people saw both
subjects as (

    select
        piece_key,
        piece_key as subject_key
    from pieces
    union
    select
        piece_key,
        voice_key as subject_key
    from pieces
    where voice_key is not null

),

engagement as (

    -- running totals: platforms take likes back for a short time, so the largest value is read
    select
        subjects.piece_key,
        max(counters.measured_on) as measured_on,
        max(counters.impression_count) as impression_count,
        max(counters.click_count) as click_count,
        max(counters.like_count) as like_count,
        max(counters.comment_count) as comment_count,
        max(counters.share_count) as share_count,
        max(counters.save_count) as save_count

    from subjects

    inner join {{ ref('fct_engagement') }} as counters
        on subjects.subject_key = counters.subject_key

    group by subjects.piece_key

),

piece_counts as (

    select
        pieces.*,
        engagement.measured_on,
        engagement.impression_count,
        engagement.click_count,
        engagement.like_count,
        engagement.comment_count,
        engagement.share_count,
        engagement.save_count,
        -- a counter that the platform does not export is left out of the sum; without any counter the sum is null
        coalesce(engagement.like_count, 0) + coalesce(engagement.comment_count, 0)
        + coalesce(engagement.share_count, 0) + coalesce(engagement.save_count, 0)
        + case
            when coalesce(
                engagement.like_count, engagement.comment_count, engagement.share_count, engagement.save_count
            ) is not null then 0
        end as engagement_count,
        coalesce(pieces.fee_cny, pieces.product_cost_cny) is not null as is_cost_known

    from pieces

    left join engagement
        on pieces.piece_key = engagement.piece_key

),

hit_rules as (

    select
        piece_counts.*,
        coalesce(own_rules.engagement_from, other_rules.engagement_from) as hit_engagement_from,
        piece_counts.engagement_count
        - case
            when coalesce(own_rules.is_share_counted, other_rules.is_share_counted) then 0
            else coalesce(piece_counts.share_count, 0)
        end as hit_engagement_count,
        case
            when piece_counts.is_cost_known
                then
                    cast(
                        coalesce(piece_counts.fee_cny, 0) + coalesce(piece_counts.product_cost_cny, 0) as decimal(18, 2)
                    )
        end as cost_cny

    from piece_counts

    left join {{ ref('hit_note_rules') }} as own_rules
        on piece_counts.channel_code = own_rules.channel_code

    left join {{ ref('hit_note_rules') }} as other_rules
        on other_rules.channel_code = '*'

),

-- the rates of the platform that were in force when the piece was published
piece_values as (

    select
        hit_rules.piece_key,
        case rates.measure_code
            when 'impression' then hit_rules.impression_count
            when 'click' then hit_rules.click_count
            when 'engagement' then hit_rules.engagement_count
        end * rates.cny_per_thousand / 1000 as worth_cny

    from hit_rules

    inner join {{ ref('emv_rates') }} as rates
        on
            hit_rules.channel_code = rates.channel_code
            and cast(hit_rules.published_at as date) >= rates.valid_from

    where hit_rules.ownership_code = 'earned'
    qualify row_number() over (
        partition by hit_rules.piece_key, rates.measure_code
        order by rates.valid_from desc
    ) = 1

),

estimates as (

    select
        piece_key,
        cast(sum(cast(worth_cny as decimal(18, 4))) as decimal(18, 2)) as emv_estimate_cny

    from piece_values
    group by piece_key

),

final as (

    select

        ---------- keys
        hit_rules.piece_key,
        hit_rules.content_ref,
        hit_rules.voice_key,
        hit_rules.voice_ref,
        hit_rules.campaign_key,
        hit_rules.creator_ref,
        hit_rules.topic_ref,

        ---------- codes
        hit_rules.channel_code,
        hit_rules.strategy_code,
        hit_rules.tier_code,
        hit_rules.theme_code,
        hit_rules.format_code,
        hit_rules.ownership_code,

        ---------- times
        hit_rules.published_at,
        cast(date_trunc('month', hit_rules.published_at) as date) as month_start,
        hit_rules.measured_on,

        ---------- counters
        hit_rules.impression_count,
        hit_rules.click_count,
        hit_rules.like_count,
        hit_rules.comment_count,
        hit_rules.share_count,
        hit_rules.save_count,
        cast(hit_rules.engagement_count as bigint) as engagement_count,
        cast(hit_rules.engagement_count / nullif(hit_rules.impression_count, 0) as double) as engagement_rate,
        hit_rules.hit_engagement_from,
        hit_rules.hit_engagement_count >= hit_rules.hit_engagement_from as is_hit_note,

        ---------- money
        hit_rules.fee_cny,
        hit_rules.product_cost_cny,
        hit_rules.cost_cny,
        cast(hit_rules.cost_cny * 1000 / nullif(hit_rules.impression_count, 0) as decimal(18, 2)) as cpm_cny,
        cast(hit_rules.cost_cny / nullif(hit_rules.click_count, 0) as decimal(18, 2)) as cpc_cny,
        cast(hit_rules.cost_cny / nullif(hit_rules.engagement_count, 0) as decimal(18, 2)) as cpe_cny,
        estimates.emv_estimate_cny

    from hit_rules

    left join estimates
        on hit_rules.piece_key = estimates.piece_key

)

select * from final
