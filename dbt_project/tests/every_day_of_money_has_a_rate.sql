-- Every currency has a rate on every day for which an export carries an amount in it. Answers with the
-- feed, the currency and its days: add a row to the seed currency_rates that is in force from the first of them.
{#- the day by which each feed's money is converted, as in its staging model; an item takes its order's -#}
{%- set money = {
    'brand_programmes': ('published_on', ['spend_cny']),
    'cases': ('opened_at', ['compensation_cny']),
    'collaborations': ('export_date', ['fee_cny', 'product_cost_cny']),
    'incentives': ('offered_at', ['reward_cny']),
    'market_sales': ('month_start', ['sales_cny']),
    'orders': ('ordered_at', ['gross_cny', 'discount_cny']),
    'products': ('export_date', ['unit_cost_cny']),
    'refunds': ('refunded_at', ['amount_cny']),
    'spend': ('spent_on', ['spend_cny']),
    'warranty_claims': ('opened_at', ['cost_cny', 'price_charged_cny']),
} %}
with

rates as (

    select * from {{ ref('stg_currency_rates') }}

),

foreign_money as (

    {%- for feed, (day, amounts) in money.items() %}

    select distinct
        '{{ feed }}' as feed,
        currency_code,
        cast(coalesce({{ day }}, export_date) as date) as day_on
    from {{ source('raw', feed) }}
    where
        superseded_load_id is null
        and coalesce(currency_code, '') <> 'CNY'
        and ({{ amounts | join(' is not null or ') }} is not null)

    union all
    {%- endfor %}

    select distinct
        'order_items' as feed,
        currency_code,
        export_date as day_on
    from {{ source('raw', 'order_items') }}
    where
        superseded_load_id is null
        and coalesce(currency_code, '') <> 'CNY'
        and (net_cny is not null or freight_cny is not null)
        and order_ref not in (select orders.order_ref from {{ ref('stg_orders') }} as orders)

),

without_a_rate as (

    select
        foreign_money.feed,
        foreign_money.currency_code,
        min(foreign_money.day_on) as first_day_on,
        max(foreign_money.day_on) as last_day_on,
        count(*) as day_count

    from foreign_money

    left join rates
        on
            foreign_money.currency_code = rates.currency_code
            and foreign_money.day_on >= rates.valid_from
            and foreign_money.day_on < rates.valid_to

    where rates.currency_code is null
    group by foreign_money.feed, foreign_money.currency_code

)

select * from without_a_rate
