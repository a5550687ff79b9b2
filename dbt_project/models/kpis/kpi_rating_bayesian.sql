-- KPI: mean stars of all reviews, drawn towards what is usual while there are few of them.
with

{{ star_rating_subjects() }},

measures_by_scope as (

    {{ kpi_scopes({
        'star_sum': 'round(cast(sum(numerator) as double), 6)',
        'sample_count': 'count(*)',
    }) }}

),

final as (

    select
        period_kind,
        period_date,
        is_cut,
        channel_code,
        brand_code,
        product_key,
        -- the prior is added once to whatever is counted, so the rows of two days have it twice and are never summed
        {{ var('bayesian_prior_count') }} * {{ var('bayesian_prior_stars') }} + star_sum as numerator,
        cast({{ var('bayesian_prior_count') }} + sample_count as double) as denominator,
        sample_count

    from measures_by_scope

)

select * from final
