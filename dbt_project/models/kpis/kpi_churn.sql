-- KPI: buyers who had not lapsed when the month began and lapsed within it, by month.
with

subjects as (

    select
        'segments.mart_churn' as row_table,
        dimension_code || '|' || dimension_value || '|' || cast(month_start as {{ dbt.type_string() }}) as row_key,
        month_start as period_date,
        'all' as channel_code,
        'own' as brand_code,
        'all' as product_key,
        -- those who came and lapsed within the month are in the mart's count, but not in its share
        cast(round(lapsed_within_month_share * customer_count) as double) as numerator,
        cast(customer_count as double) as denominator

    from {{ ref('mart_churn') }}
    where
        dimension_code = 'all'
        -- null while the month runs, and in a small cell
        and lapsed_within_month_share is not null

),

final as (

    select
        'month' as period_kind,
        period_date,
        -- a month that is not over cannot be compared by its first days
        false as is_cut,
        channel_code,
        brand_code,
        product_key,
        numerator,
        denominator,
        cast(denominator as bigint) as sample_count

    from subjects

)

select * from final
