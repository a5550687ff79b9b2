-- Grain: one row per month in which the contacts began, stage and channel; `all` where one is summed up.
with

contacts as (

    select
        *,
        cast(date_trunc('month', started_at) as date) as month_start,
        stage_code = 'pre_sale' as is_advice

    from {{ ref('int_service_contacts') }}

),

contact_counts as (

    select
        month_start,
        coalesce(stage_code, 'all') as stage_code,
        coalesce(channel_code, 'all') as channel_code,
        cast(count(*) as bigint) as contact_count,
        cast(count(customer_key) as bigint) as identified_contact_count,
        cast(count(is_response_met) as bigint) as due_contact_count,
        cast(count(first_response_at) as bigint) as answered_count,
        cast(count(*) filter (where is_response_met) as bigint) as answered_in_target_count,
        cast(count(*) filter (where first_response_at is null and not is_response_met) as bigint) as unanswered_count,
        percentile_cont(0.5) within group (order by response_minutes) as first_response_median_minutes,
        percentile_cont(0.9) within group (order by response_minutes) as first_response_p90_minutes,
        cast(count(csat_score) as bigint) as csat_count,
        avg(csat_score) as csat_mean_score,
        cast(count(*) filter (where is_advice) as bigint) as advice_count,
        cast(count(*) filter (where is_advice and converted_order_ref is not null) as bigint)
            as reported_conversion_count,
        cast(count(*) filter (where is_advice and is_converted_order_known) as bigint) as verified_conversion_count,
        cast(coalesce(sum(converted_net_cny) filter (where is_advice), 0) as decimal(18, 2)) as converted_net_cny,
        cast(count(is_ordered_after) as bigint) as advice_window_count,
        cast(count(*) filter (where is_ordered_after) as bigint) as ordered_after_count

    from contacts
    group by grouping sets (
        (month_start, stage_code, channel_code),
        (month_start, stage_code),
        (month_start, channel_code),
        (month_start)
    )

),

final as (

    select
        month_start,
        stage_code,
        channel_code,
        contact_count,
        identified_contact_count,
        due_contact_count,
        answered_count,
        answered_in_target_count,
        round(cast(answered_in_target_count as double) / nullif(due_contact_count, 0), 6) as in_target_share,
        unanswered_count,
        round(cast(unanswered_count as double) / nullif(due_contact_count, 0), 6) as unanswered_share,
        round(cast(first_response_median_minutes as double), 4) as first_response_median_minutes,
        round(cast(first_response_p90_minutes as double), 4) as first_response_p90_minutes,
        csat_count,
        round(cast(csat_mean_score as double), 4) as csat_mean_score,
        advice_count,
        reported_conversion_count,
        round(cast(reported_conversion_count as double) / nullif(advice_count, 0), 6) as reported_conversion_rate,
        verified_conversion_count,
        converted_net_cny,
        advice_window_count,
        ordered_after_count,
        round(cast(ordered_after_count as double) / nullif(advice_window_count, 0), 6) as ordered_after_rate

    from contact_counts

)

select * from final
