-- Grain: one row per creator, month and model in which the creator was paid, published or was credited.
with

creators as (

    select * from {{ ref('stg_creators') }}
    qualify row_number() over (partition by creator_ref order by record_key) = 1

),

models as (

    select model_code from {{ ref('attribution_models') }}

),

-- media spend names campaigns and never a creator, so fees that it includes are shown here in full
creator_costs as (

    select
        creator_ref,
        month_start,
        coalesce(sum(amount_cny) filter (where component_code = 'fee'), 0) as fee_cny,
        coalesce(sum(amount_cny) filter (where component_code = 'product'), 0) as product_cost_cny

    from {{ ref('int_marketing_costs') }}
    where creator_ref is not null
    group by creator_ref, month_start

),

content_by_month as (

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

credit_by_month as (

    select
        touches.creator_ref,
        cast(date_trunc('month', credits.converted_at) as date) as month_start,
        credits.model_code,
        {%- for goal in ['voice', 'acquisition', 'sale'] %}
        -- decimals, because a sum of doubles depends on the order of its rows
        sum(cast(credits.weight as decimal(18, 12))) filter (where credits.goal_code = '{{ goal }}')
            as {{ goal }}_count,
        {%- endfor %}
        sum(credits.credited_cny) filter (where credits.goal_code = 'sale') as credited_cny

    from {{ ref('fct_attribution') }} as credits

    inner join touches
        on credits.touch_key = touches.touch_key

    group by all

),

row_keys as (

    select
        creator_costs.creator_ref,
        creator_costs.month_start,
        models.model_code

    from creator_costs

    cross join models

    union

    select
        content_by_month.creator_ref,
        content_by_month.month_start,
        models.model_code

    from content_by_month

    cross join models

    union

    select
        creator_ref,
        month_start,
        model_code

    from credit_by_month

),

creator_months as (

    select
        row_keys.creator_ref,
        row_keys.month_start,
        row_keys.model_code,
        creators.tier_code,
        creators.follower_count,
        cast(coalesce(creator_costs.fee_cny + creator_costs.product_cost_cny, 0) as decimal(18, 2)) as spend_cny,
        cast(coalesce(creator_costs.fee_cny, 0) as decimal(18, 2)) as fee_cny,
        cast(coalesce(creator_costs.product_cost_cny, 0) as decimal(18, 2)) as product_cost_cny,
        coalesce(content_by_month.piece_count, 0) as piece_count,
        coalesce(content_by_month.hit_note_count, 0) as hit_note_count,
        cast(content_by_month.hit_note_count / nullif(content_by_month.measured_piece_count, 0) as double)
            as hit_note_rate,
        content_by_month.impression_count,
        content_by_month.click_count,
        content_by_month.engagement_count,
        content_by_month.emv_estimate_cny,
        {%- for goal in ['voice', 'acquisition', 'sale'] %}
        cast(round(coalesce(credit_by_month.{{ goal }}_count, 0), 6) as double) as credited_{{ goal }}_count,
        {%- endfor %}
        cast(coalesce(credit_by_month.credited_cny, 0) as decimal(18, 2)) as credited_cny

    from row_keys

    left join creators
        on row_keys.creator_ref = creators.creator_ref

    left join creator_costs
        on
            row_keys.creator_ref = creator_costs.creator_ref
            and row_keys.month_start = creator_costs.month_start

    left join content_by_month
        on
            row_keys.creator_ref = content_by_month.creator_ref
            and row_keys.month_start = content_by_month.month_start

    left join credit_by_month
        on
            row_keys.creator_ref = credit_by_month.creator_ref
            and row_keys.month_start = credit_by_month.month_start
            and row_keys.model_code = credit_by_month.model_code

),

final as (

    select
        *,
        -- without spend there is no unit cost
        cast(nullif(spend_cny, 0) * 1000 / nullif(impression_count, 0) as decimal(18, 2)) as cpm_cny,
        cast(nullif(spend_cny, 0) / nullif(click_count, 0) as decimal(18, 2)) as cpc_cny,
        cast(nullif(spend_cny, 0) / nullif(engagement_count, 0) as decimal(18, 2)) as cpe_cny,
        cast(credited_cny / nullif(spend_cny, 0) as double) as roas

    from creator_months

)

select * from final
