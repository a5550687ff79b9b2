-- Grain: one row per item of marketing cost, month, campaign, marketing channel, strategy and creator.
with

aliases as (

    select * from {{ ref('campaign_aliases') }}

),

media as (

    select
        'media' as component_code,
        campaign_ref,
        marketing_channel_code,
        cast(null as string) as strategy_code,
        cast(null as string) as creator_ref,
        spent_on as incurred_on,
        spend_cny as amount_cny,
        impression_count,
        click_count

    from {{ ref('stg_spend') }}

),

publication_times as (

    select
        content_ref as piece_ref,
        min(published_at) as published_at

    from {{ ref('int_content_pieces') }}
    where content_ref is not null
    group by content_ref

    union

    select
        voice_ref as piece_ref,
        min(published_at) as published_at

    from {{ ref('int_content_pieces') }}
    where content_ref is null
    group by voice_ref

),

-- the feed gives no date: the first export that lists the collaboration is closest to when it was done
first_seen as (

    select
        record_key,
        min(export_date) as export_date

    from {{ source('raw', 'collaborations') }}
    where superseded_load_id is null
    group by record_key

),

creators as (

    select
        creator_ref,
        tier_code

    from {{ ref('stg_creators') }}
    qualify row_number() over (partition by creator_ref order by record_key) = 1

),

collaborations as (

    select
        collaborations.campaign_ref,
        collaborations.creator_ref,
        creators.tier_code,
        coalesce(
            cast(publication_times.published_at as date),
            campaigns.started_on,
            first_seen.export_date
        ) as incurred_on,
        collaborations.fee_cny,
        collaborations.product_cost_cny

    from {{ ref('stg_collaborations') }} as collaborations

    left join publication_times
        on collaborations.content_ref = publication_times.piece_ref

    left join first_seen
        on collaborations.record_key = first_seen.record_key

    left join creators
        on collaborations.creator_ref = creators.creator_ref

    left join aliases
        on collaborations.campaign_ref = aliases.campaign_ref

    left join {{ ref('dim_campaigns') }} as campaigns
        on coalesce(aliases.campaign_key, collaborations.campaign_ref) = campaigns.campaign_key

),

paid_to_creators as (

    {% for component, amount in [('fee', 'fee_cny'), ('product', 'product_cost_cny')] -%}
    select
        '{{ component }}' as component_code,
        campaign_ref,
        -- a tier is a channel and a strategy of its own (KOL, KOC) where no campaign says otherwise
        tier_code as marketing_channel_code,
        tier_code as strategy_code,
        creator_ref,
        incurred_on,
        {{ amount }} as amount_cny,
        cast(null as bigint) as impression_count,
        cast(null as bigint) as click_count

    from collaborations
    where {{ amount }} is not null
    {% if not loop.last %}
    union all

    {% endif -%}
    {%- endfor %}

),

reward_grants as (

    -- only claimed incentives cost money
    select
        'incentive' as source_kind,
        program_code as source_code,
        cast(date_trunc('month', claimed_at) as date) as incurred_on,
        sum(reward_cny) as amount_cny

    from {{ ref('stg_incentives') }}
    where claimed_at is not null
    group by all

    union all

    -- points are a cost from the day on which they are issued
    select
        'points' as source_kind,
        reason_code as source_code,
        cast(date_trunc('month', occurred_at) as date) as incurred_on,
        sum(point_delta) * cast({{ var('point_value_cny') }} as decimal(18, 6)) as amount_cny

    from {{ ref('stg_points') }}
    where point_delta > 0
    group by all

),

reward_sources as (

    select * from {{ ref('reward_sources') }}

),

rewards as (

    select
        'reward' as component_code,
        coalesce(own_source.campaign_ref, any_source.campaign_ref) as campaign_ref,
        coalesce(own_source.strategy_code, any_source.strategy_code) as marketing_channel_code,
        coalesce(own_source.strategy_code, any_source.strategy_code) as strategy_code,
        cast(null as string) as creator_ref,
        reward_grants.incurred_on,
        reward_grants.amount_cny,
        cast(null as bigint) as impression_count,
        cast(null as bigint) as click_count

    from reward_grants

    left join reward_sources as own_source
        on
            reward_grants.source_kind = own_source.source_kind
            and reward_grants.source_code = own_source.source_code

    left join reward_sources as any_source
        on
            reward_grants.source_kind = any_source.source_kind
            and any_source.source_code = '*'
            and own_source.source_code is null

    -- sources without a row are no marketing cost: points for a purchase are a rebate
    where
        own_source.source_code is not null
        or any_source.source_code is not null

),

every_cost as (

    select * from media
    union all
    select * from paid_to_creators
    union all
    select * from rewards

),

strategies as (

    select strategy_code from {{ ref('strategies') }}

),

costs_with_campaign as (

    select
        every_cost.component_code,
        coalesce(aliases.campaign_key, every_cost.campaign_ref) as campaign_key,
        every_cost.marketing_channel_code,
        -- the strategy of the campaign first; a tier that is not a strategy (a laboratory) has none
        coalesce(campaigns.strategy_code, strategies.strategy_code, marketing_channels.strategy_code) as strategy_code,
        every_cost.creator_ref,
        cast(date_trunc('month', every_cost.incurred_on) as date) as month_start,
        every_cost.amount_cny,
        every_cost.impression_count,
        every_cost.click_count

    from every_cost

    left join aliases
        on every_cost.campaign_ref = aliases.campaign_ref

    left join {{ ref('dim_campaigns') }} as campaigns
        on coalesce(aliases.campaign_key, every_cost.campaign_ref) = campaigns.campaign_key

    left join strategies
        on every_cost.strategy_code = strategies.strategy_code

    left join {{ ref('marketing_channels') }} as marketing_channels
        on every_cost.marketing_channel_code = marketing_channels.marketing_channel_code

),

costs as (

    select
        costs_with_campaign.component_code,
        costs_with_campaign.campaign_key,
        costs_with_campaign.marketing_channel_code,
        costs_with_campaign.strategy_code,
        costs_with_campaign.creator_ref,
        costs_with_campaign.month_start,
        -- listed: the spend export already includes this item of the campaign, so it is shown and not added
        booked.component_code is not null as is_in_media,
        cast(sum(costs_with_campaign.amount_cny) as decimal(18, 2)) as amount_cny,
        cast(sum(costs_with_campaign.impression_count) as bigint) as impression_count,
        cast(sum(costs_with_campaign.click_count) as bigint) as click_count

    from costs_with_campaign

    left join {{ ref('costs_in_spend') }} as booked
        on
            costs_with_campaign.campaign_key = booked.campaign_key
            and costs_with_campaign.component_code = booked.component_code

    group by all

)

select * from costs
