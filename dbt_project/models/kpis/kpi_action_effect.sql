-- KPI: by how much an action changed the share of voices that complain of its topic, against topics left alone.
with

subjects as (

    select
        'reviews.mart_action_effects' as row_table,
        action_key as row_key,
        done_on as period_date,
        'all' as channel_code,
        'own' as brand_code,
        product_key,
        cast(difference_in_differences as double) as numerator,
        cast(1 as double) as denominator,
        -- the mart gives the ends of the 95 % interval
        cast((difference_high - difference_low) / 2 as double) as margin

    from {{ ref('mart_action_effects') }}
    where
        -- both windows are over, and control topics exist
        is_complete
        and difference_in_differences is not null

),

measures_by_scope as (

    {{ kpi_scopes(
        {
            'numerator': 'round(cast(sum(numerator) as double), 9)',
            'denominator': 'cast(count(*) as double)',
            'sample_count': 'count(*)',
            'margin': 'round(cast(sqrt(sum(margin * margin)) / count(*) as double), 9)',
        },
        by=['product'],
        maturity_days=var('action_effect_days')
    ) }}

),

final as (

    select
        period_kind,
        period_date,
        is_cut,
        channel_code,
        brand_code,
        product_key,
        numerator,
        denominator,
        sample_count,
        numerator / denominator - margin as value_low,
        numerator / denominator + margin as value_high

    from measures_by_scope

)

select * from final
