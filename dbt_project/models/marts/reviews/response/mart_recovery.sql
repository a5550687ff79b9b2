-- Grain: one row per month in which the negative voices came, department and channel, "all" where one is summed up.
with

recoveries as (

    select
        *,
        cast(date_trunc('month', posted_at) as date) as month_start,
        coalesce(department_code, 'unknown') as owing_department_code,
        case when is_bettered_after_handling or coalesce(is_repurchased, false) then customer_key end
            as recovered_customer_key,
        case when compensation_cny > 0 then customer_key end as compensated_customer_key

    from {{ ref('fct_recoveries') }}

),

recovery_totals as (

    select
        month_start,
        coalesce(owing_department_code, 'all') as department_code,
        coalesce(channel_code, 'all') as channel_code,
        cast(count(*) as bigint) as negative_count,
        cast(count(*) filter (where first_rating_share <= {{ var('negative_rating_at_most') }}) as bigint)
            as low_rated_count,
        cast(count(*) filter (
            where first_rating_share <= {{ var('negative_rating_at_most') }} and first_reply_at is not null
        ) as bigint) as low_rated_replied_count,
        cast(count(*) filter (where is_bettered) as bigint) as bettered_count,
        cast(count(*) filter (where is_bettered_after_reply) as bigint) as bettered_after_reply_count,
        -- windows that are over
        cast(count(is_repurchased) as bigint) as repurchase_window_count,
        cast(count(*) filter (where is_repurchased) as bigint) as repurchased_count,
        cast(coalesce(sum(compensation_cny), 0) as decimal(18, 2)) as compensation_cny,
        cast(count(distinct compensated_customer_key) as bigint) as compensated_customer_count,
        cast(count(distinct recovered_customer_key) as bigint) as recovered_customer_count

    from recoveries
    group by grouping sets (
        (month_start, owing_department_code, channel_code),
        (month_start, owing_department_code),
        (month_start, channel_code),
        (month_start)
    )

),

final as (

    select
        month_start,
        department_code,
        channel_code,
        negative_count,
        low_rated_count,
        low_rated_replied_count,
        bettered_count,
        bettered_after_reply_count,
        cast(bettered_after_reply_count as double) / nullif(low_rated_replied_count, 0) as bettered_after_reply_rate,
        repurchase_window_count,
        repurchased_count,
        cast(repurchased_count as double) / nullif(repurchase_window_count, 0) as repurchase_rate,
        compensation_cny,
        compensated_customer_count,
        recovered_customer_count,
        cast(compensation_cny / nullif(recovered_customer_count, 0) as decimal(18, 2))
            as compensation_per_recovered_cny

    from recovery_totals

)

select * from final
