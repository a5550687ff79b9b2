-- Grain: one row per customer and side (served, unserved), at the day from which both are watched for a purchase.
with

purchases as (

    select
        customer_key,
        purchased_on,
        purchase_number,
        next_purchased_on

    from {{ ref('int_purchase_days') }}

),

claims as (

    select
        customer_key,
        order_key,
        claim_kind,
        claim_key,
        cast(ordered_at as date) as purchased_on,
        cast(opened_at as date) as opened_on,
        cast(closed_at as date) as closed_on

    from {{ ref('fct_warranty_claims') }}
    where
        customer_key is not null
        and ordered_at is not null

),

first_claims as (

    -- only the first claim counts; later ones follow from it
    select * from claims
    qualify row_number() over (partition by customer_key order by opened_on, claim_key) = 1

),

repairs as (

    -- from the day on which the repair was done; customers still waiting are on neither side
    select
        first_claims.customer_key,
        first_claims.claim_kind,
        first_claims.purchased_on,
        first_claims.closed_on as index_on,
        purchases.purchase_number,
        row_number() over (order by first_claims.claim_key) - 1 as place,
        count(*) over () as place_count

    from first_claims

    inner join purchases
        on
            first_claims.customer_key = purchases.customer_key
            and first_claims.purchased_on = purchases.purchased_on

    where first_claims.closed_on >= first_claims.purchased_on

),

lots as (

    -- Every other customer is observed from the same distance to a purchase as a served one (prescription time
    -- distribution matching, Zhou et al. 2005): each draws a served customer at random, and takes over the number of
    -- the purchase and the days after it. The draw does not depend on later purchases, so the time before a repair
    -- favours neither side (no immortal time bias).
    select
        customer_key,
        abs({{ row_hash(['customer_key']) }} % (select max(repairs.place_count) from repairs)) as place

    from purchases
    where purchase_number = 1

),

control_draws as (

    select
        lots.customer_key,
        purchases.purchased_on,
        {{ plus_days('purchases.purchased_on', '(repairs.index_on - repairs.purchased_on)') }} as index_on

    from lots

    inner join repairs
        on lots.place = repairs.place

    -- customers without so many purchases are left out
    inner join purchases
        on
            lots.customer_key = purchases.customer_key
            and repairs.purchase_number = purchases.purchase_number

),

control_units as (

    -- claims on purchases up to the index day only; a claim on a later order presupposes a repurchase
    select
        control_draws.customer_key,
        control_draws.purchased_on,
        control_draws.index_on,
        min(claims.opened_on) as claimed_on

    from control_draws

    left join claims
        on
            control_draws.customer_key = claims.customer_key
            and control_draws.index_on >= claims.purchased_on

    group by control_draws.customer_key, control_draws.purchased_on, control_draws.index_on

),

units as (

    select
        customer_key,
        true as is_treated,
        claim_kind,
        purchased_on,
        index_on,
        cast(null as date) as claimed_on
    from repairs
    union all
    select
        customer_key,
        false as is_treated,
        cast(null as string) as claim_kind,
        purchased_on,
        index_on,
        claimed_on
    from control_units

),

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

units_with_history as (

    -- what is known of a customer on the index day, and the purchase after it
    select
        units.customer_key,
        units.is_treated,
        units.claim_kind,
        units.purchased_on,
        units.index_on,
        units.claimed_on,
        purchases.purchase_number as purchase_count,
        units.index_on - purchases.purchased_on as recency_days,
        purchases.next_purchased_on

    from units

    -- not yet there
    inner join as_of
        on units.index_on <= as_of.as_of

    -- the last purchase by that day
    inner join purchases
        on
            units.customer_key = purchases.customer_key
            and units.index_on >= purchases.purchased_on
            and coalesce(units.index_on < purchases.next_purchased_on, true)

),

unit_products as (

    -- the product is that of the largest line of the day; one row per unit, since a customer may be two units
    select
        units_with_history.customer_key,
        units_with_history.is_treated,
        items.product_key

    from units_with_history

    inner join {{ ref('fct_order_items') }} as items
        on
            units_with_history.customer_key = items.customer_key
            and units_with_history.purchased_on = cast(items.ordered_at as date)

    where items.is_valid
    qualify row_number() over (
        partition by units_with_history.customer_key, units_with_history.is_treated
        order by items.net_cny desc, items.order_item_key asc
    ) = 1

),

final as (

    select
        units_with_history.customer_key,
        units_with_history.is_treated,
        units_with_history.claim_kind,
        units_with_history.purchased_on,
        units_with_history.index_on,
        units_with_history.claimed_on,
        cast(date_trunc('month', units_with_history.purchased_on) as date) as month_start,
        products.category_code,
        least(units_with_history.purchase_count, 3) as purchase_band,
        units_with_history.recency_days,
        case
            {%- for border in var('repair_recency_bands_days') %}
            when units_with_history.recency_days <= {{ border }} then {{ border }}
            {%- endfor %}
        end as recency_band,
        units_with_history.next_purchased_on

    from units_with_history

    left join unit_products
        on
            units_with_history.customer_key = unit_products.customer_key
            and units_with_history.is_treated = unit_products.is_treated

    left join {{ ref('dim_products') }} as products
        on unit_products.product_key = products.product_key

)

select * from final
