-- Grain: one row per month of publication and campaign, strategy, platform, tier or ownership; `all` is everything.
{%- set dimensions = {
    'all': "'all'",
    'campaign': 'campaign_key',
    'strategy': 'strategy_code',
    'channel': 'channel_code',
    'tier': 'tier_code',
    'ownership': 'ownership_code',
} %}

with

pieces as (

    select * from {{ ref('mart_content_performance') }}
    where month_start is not null

),

pieces_by_dimension as (

    {% for dimension, column in dimensions.items() -%}
    select
        pieces.*,
        '{{ dimension }}' as dimension_code,
        {{ column }} as dimension_value

    from pieces
    where {{ column }} is not null
    {% if not loop.last %}
    union all

    {% endif -%}
    {%- endfor %}

),

month_counts as (

    select
        month_start,
        dimension_code,
        dimension_value,
        count(*) as piece_count,
        count(*) filter (where is_hit_note is not null) as measured_piece_count,
        count(*) filter (where is_hit_note) as hit_note_count,
        cast(sum(impression_count) as bigint) as impression_count,
        cast(sum(click_count) as bigint) as click_count,
        cast(sum(engagement_count) as bigint) as engagement_count,
        sum(engagement_count) filter (where impression_count is not null) as engagements_of_shown,
        sum(impression_count) filter (where engagement_count is not null) as impressions_of_engaged,
        cast(sum(cost_cny) as decimal(18, 2)) as cost_cny,
        -- unit costs cover paid pieces only: free ones would make the others look cheap
        sum(cost_cny) filter (where impression_count is not null) as cost_of_shown_cny,
        sum(impression_count) filter (where cost_cny is not null) as paid_impression_count,
        sum(cost_cny) filter (where click_count is not null) as cost_of_clicked_cny,
        sum(click_count) filter (where cost_cny is not null) as paid_click_count,
        sum(cost_cny) filter (where engagement_count is not null) as cost_of_engaged_cny,
        sum(engagement_count) filter (where cost_cny is not null) as paid_engagement_count,
        cast(sum(emv_estimate_cny) as decimal(18, 2)) as emv_estimate_cny

    from pieces_by_dimension
    group by month_start, dimension_code, dimension_value

),

final as (

    select
        month_start,
        dimension_code,
        dimension_value,
        piece_count,
        measured_piece_count,
        hit_note_count,
        cast(hit_note_count / nullif(measured_piece_count, 0) as double) as hit_note_rate,
        cast(
            case when measured_piece_count > 0 then {{ wilson_end('hit_note_count', 'measured_piece_count', '-') }} end
            as double
        ) as hit_note_rate_low,
        cast(
            case when measured_piece_count > 0 then {{ wilson_end('hit_note_count', 'measured_piece_count', '+') }} end
            as double
        ) as hit_note_rate_high,
        impression_count,
        click_count,
        engagement_count,
        cast(engagements_of_shown / nullif(impressions_of_engaged, 0) as double) as engagement_rate,
        cost_cny,
        cast(cost_of_shown_cny * 1000 / nullif(paid_impression_count, 0) as decimal(18, 2)) as cpm_cny,
        cast(cost_of_clicked_cny / nullif(paid_click_count, 0) as decimal(18, 2)) as cpc_cny,
        cast(cost_of_engaged_cny / nullif(paid_engagement_count, 0) as decimal(18, 2)) as cpe_cny,
        emv_estimate_cny

    from month_counts

)

select * from final
