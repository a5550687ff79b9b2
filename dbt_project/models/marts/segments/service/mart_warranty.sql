-- Grain: one row per month in which the claims were opened, kind of claim and product; `all` where one is summed up.
with

claims as (

    select
        *,
        cast(date_trunc('month', opened_at) as date) as month_start,
        -- unknown: the order has several products
        coalesce(product_key, 'unknown') as claimed_product_key

    from {{ ref('fct_warranty_claims') }}

),

claim_counts as (

    select
        month_start,
        coalesce(claim_kind, 'all') as claim_kind,
        coalesce(claimed_product_key, 'all') as product_key,
        cast(count(*) as bigint) as claim_count,
        cast(count(*) filter (where is_open) as bigint) as open_count,
        cast(count(closed_at) as bigint) as closed_count,
        percentile_cont(0.5) within group (order by turnaround_days) as turnaround_median_days,
        percentile_cont(0.9) within group (order by turnaround_days) as turnaround_p90_days,
        cast(count(cost_cny) as bigint) as costed_count,
        cast(coalesce(sum(cost_cny), 0) as decimal(18, 2)) as cost_cny,
        cast(coalesce(sum(price_charged_cny), 0) as decimal(18, 2)) as price_charged_cny,
        cast(coalesce(sum(net_cost_cny), 0) as decimal(18, 2)) as net_cost_cny,
        cast(count(is_in_warranty) as bigint) as warranty_known_count,
        cast(count(*) filter (where is_in_warranty) as bigint) as in_warranty_count

    from claims
    group by grouping sets (
        (month_start, claim_kind, claimed_product_key),
        (month_start, claim_kind),
        (month_start, claimed_product_key),
        (month_start)
    )

),

final as (

    select
        month_start,
        claim_kind,
        product_key,
        claim_count,
        open_count,
        closed_count,
        round(cast(turnaround_median_days as double), 4) as turnaround_median_days,
        round(cast(turnaround_p90_days as double), 4) as turnaround_p90_days,
        costed_count,
        cost_cny,
        price_charged_cny,
        net_cost_cny,
        cast(net_cost_cny / nullif(costed_count, 0) as decimal(18, 2)) as net_cost_per_claim_cny,
        warranty_known_count,
        in_warranty_count,
        round(cast(in_warranty_count as double) / nullif(warranty_known_count, 0), 6) as in_warranty_share

    from claim_counts

)

select * from final
