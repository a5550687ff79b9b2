-- KPI: minutes from noticing a crisis to the brand's first statement, the median of the crises of the period.
with

as_of as (

    -- running clocks are read at the end of that day
    select {{ plus_minutes('cast(max(as_of) as timestamp)', 1440) }} as as_of_end_at
    from {{ ref('kpi_windows') }}

),

subjects as (

    select
        'reviews.fct_crises' as row_table,
        crises.crisis_key as row_key,
        cast(crises.detected_at as date) as period_date,
        -- a crisis concerns every channel; the channel in fct_crises is that of the export
        'all' as channel_code,
        coalesce(crises.brand_code, 'own') as brand_code,
        coalesce(crises.product_key, 'unknown') as product_key,
        cast(
            coalesce(
                crises.first_statement_minutes,
                -- a crisis without a statement counts with the time so far: leaving it out would shorten the median
                {{ minutes_between(
                    'crises.detected_at', 'least(coalesce(crises.closed_at, as_of.as_of_end_at), as_of.as_of_end_at)'
                ) }}
            ) as double
        ) as numerator,
        cast(1 as double) as denominator,
        crises.first_statement_at is null as is_silent

    from {{ ref('fct_crises') }} as crises

    cross join as_of

    where crises.detected_at is not null

),

measures_by_scope as (

    {{ kpi_scopes(
        {
            'numerator': 'cast(round(median(numerator), 6) as double)',
            'denominator': 'cast(1 as double)',
            'sample_count': 'count(*)',
            'silent_count': 'count(*) filter (where is_silent)',
        },
        by=['product']
    ) }}

)

select * from measures_by_scope
