-- Grain: one row per creator, month and model in which the creator was paid, published or was credited.
with

creators as (

    select * from {{ ref('stg_creators') }}
    qualify row_number() over (partition by creator_ref order by record_key) = 1

),

models as (

    select model_code from {{ ref('attribution_models') }}

),

-- media money names campaigns and never a creator, so what it holds of their fees is told here in full
paid as (

    select
        creator_ref,
        month_start,
        coalesce(sum(amount_cny) filter (where component_code = 'fee'), 0) as fee_cny,
        coalesce(sum(amount_cny) filter (where component_code = 'product'), 0) as product_cost_cny

    from {{ ref('int_marketing_costs') }}
    where creator_ref is not null
    group by creator_ref, month_start

),

published as (

    select
        creator_ref,
        month_start,
        count(*) as piece_count,
        count(*) filter (where is_hit_note is not null) as measured_piece_count,
        count(*) filter (where is_hit_note) as hit_note_count,
        cast(sum(impression_count) as bigint) as impression_count,
        cast(sum(click_count) as bigint) as click_count,
        cast(sum(engagement_count) as bigint) as engagement_count,
        cast(sum(emv_estimate_cny) as decimal(18, 2)) as emv_estimate_cny

    from {{ ref('mart_content_performance') }}
    where
        creator_ref is not null
        and month_start is not null
    group by creator_ref, month_start

),

touches as (

    select
        touch_key,
        creator_ref

    from {{ ref('fct_touchpoints') }}
    where creator_ref is not null

),

credited as (

    select
        touches.creator_ref,
        cast(date_trunc('month', credits.converted_at) as date) as month_start,
        credits.model_code,
        {%- for goal in ['voice', 'acquisition', 'sale'] %}
        -- decimals, for a sum of doubles depends on the order in which it is made
        sum(cast(credits.weight as decimal(18, 12))) filter (where credits.goal_code = '{{ goal }}')
            as {{ goal }}_count,
        {%- endfor %}
        sum(credits.credited_cny) filter (where credits.goal_code = 'sale') as credited_cny

    from {{ ref('fct_attribution') }} as credits

    inner join touches
        on credits.touch_key = touches.touch_key

    group by all

),

kept as (

    select
        paid.creator_ref,
        paid.month_start,
        models.model_code

    from paid

    cross join models

    union

    select
        published.creator_ref,
        published.month_start,
        models.model_code

    from published

    cross join models

    union

    select
        creator_ref,
        month_start,
        model_code

    from credited

),

measured as (

    select
        kept.creator_ref,
        kept.month_start,
        kept.model_code,
        creators.tier_code,
        creators.follower_count,
        cast(coalesce(paid.fee_cny + paid.product_cost_cny, 0) as decimal(18, 2)) as spend_cny,
        cast(coalesce(paid.fee_cny, 0) as decimal(18, 2)) as fee_cny,
        cast(coalesce(paid.product_cost_cny, 0) as decimal(18, 2)) as product_cost_cny,
        coalesce(published.piece_count, 0) as piece_count,
        coalesce(published.hit_note_count, 0) as hit_note_count,
        cast(published.hit_note_count / nullif(published.measured_piece_count, 0) as double) as hit_note_rate,
        published.impression_count,
        published.click_count,
        published.engagement_count,
        published.emv_estimate_cny,
        {%- for goal in ['voice', 'acquisition', 'sale'] %}
        cast(round(coalesce(credited.{{ goal }}_count, 0), 6) as double) as credited_{{ goal }}_count,
        {%- endfor %}
        cast(coalesce(credited.credited_cny, 0) as decimal(18, 2)) as credited_cny

    from kept

    left join creators
        on kept.creator_ref = creators.creator_ref

    left join paid
        on
            kept.creator_ref = paid.creator_ref
            and kept.month_start = paid.month_start

    left join published
        on
            kept.creator_ref = published.creator_ref
            and kept.month_start = published.month_start

    left join credited
        on
            kept.creator_ref = credited.creator_ref
            and kept.month_start = credited.month_start
            and kept.model_code = credited.model_code

),

final as (

    select
        *,
        -- without spend there is no price
        cast(nullif(spend_cny, 0) * 1000 / nullif(impression_count, 0) as decimal(18, 2)) as cpm_cny,
        cast(nullif(spend_cny, 0) / nullif(click_count, 0) as decimal(18, 2)) as cpc_cny,
        cast(nullif(spend_cny, 0) / nullif(engagement_count, 0) as decimal(18, 2)) as cpe_cny,
        cast(credited_cny / nullif(spend_cny, 0) as double) as roas

    from measured

)

select * from final
