-- Grain: one row per customer who has bought.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

first_purchases as (

    select
        conversions.conversion_key,
        conversions.customer_key,
        conversions.converted_at,
        conversions.product_key

    from {{ ref('fct_conversions') }} as conversions

    inner join as_of
        on cast(conversions.converted_at as date) <= as_of.as_of

    where
        conversions.goal_code = 'acquisition'
        and conversions.customer_key is not null

),

-- a model that divides an acquisition among touches names the largest share, among equals the latest touch
top_touches as (

    select
        conversion_key,
        touch_key,
        campaign_key,
        strategy_code,
        marketing_channel_code,
        touch_group_code

    from {{ ref('fct_attribution') }}
    where
        goal_code = 'acquisition'
        and model_code = '{{ var("acquisition_model") }}'
    qualify row_number() over (
        partition by conversion_key
        order by weight desc, touch_position desc nulls last, touch_key asc
    ) = 1

),

acquisitions as (

    select

        ---------- keys
        first_purchases.customer_key,
        top_touches.campaign_key as acquisition_campaign_key,
        first_purchases.product_key as first_product_key,

        ---------- codes
        case
            when top_touches.touch_key is null then 'unattributed'
            else coalesce(top_touches.strategy_code, 'no_strategy')
        end as acquisition_strategy_code,
        case
            when top_touches.touch_key is null then 'unattributed'
            else coalesce(top_touches.touch_group_code, 'no_strategy')
        end as acquisition_group_code,
        coalesce(top_touches.marketing_channel_code, 'unattributed') as acquisition_channel_code,

        ---------- times
        first_purchases.converted_at as first_order_at,
        cast(first_purchases.converted_at as date) as acquired_on,
        cast(date_trunc('month', first_purchases.converted_at) as date) as acquired_month

    from first_purchases

    left join top_touches
        on first_purchases.conversion_key = top_touches.conversion_key

)

select * from acquisitions
