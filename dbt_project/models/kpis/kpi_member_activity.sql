-- KPI: members of the private domain who were active in its groups in a month, over all who had joined by its end.
with

subjects as (

    select
        'segments.mart_community' as row_table,
        period_kind || '|' || cast(period_start as {{ dbt.type_string() }}) as row_key,
        period_start as period_date,
        'all' as channel_code,
        'own' as brand_code,
        'all' as product_key,
        cast(active_member_count as double) as numerator,
        cast(member_count as double) as denominator

    from {{ ref('mart_community') }}
    where
        -- distinct people: no period is the sum of others
        period_kind = 'month'
        and not is_suppressed

),

final as (

    select
        'month' as period_kind,
        period_date,
        -- the mart has whole months only
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
