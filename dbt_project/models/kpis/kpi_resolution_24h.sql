-- KPI: cases that were solved within 24 calendar hours, by the day on which they were opened.
with

as_of as (

    -- running clocks are read at the end of that day
    select {{ plus_minutes('cast(max(as_of) as timestamp)', 1440) }} as as_of_end_at
    from {{ ref('kpi_windows') }}

),

subjects as (

    select
        'reviews.fct_cases' as row_table,
        clocks.subject_key as row_key,
        cast(clocks.opened_at as date) as period_date,
        clocks.channel_code,
        -- a case opened by staff without a message of the customer is no voice
        coalesce(voices.brand_code, 'own') as brand_code,
        coalesce(voices.product_key, 'unknown') as product_key,
        -- a reopened case has no resolution until it is solved again; then the last one counts
        cast(case when clocks.resolution_minutes <= 1440 then 1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_response_clock') }} as clocks

    cross join as_of

    left join {{ ref('fct_voices') }} as voices
        on clocks.subject_key = voices.voice_key

    where
        clocks.subject_kind = 'case'
        -- a case whose 24 hours are not over counts only once solved
        and (
            clocks.resolved_at is not null
            or {{ plus_minutes('clocks.opened_at', 1440) }} < as_of.as_of_end_at
        )

),

counts_by_day as (

    {{ kpi_counted() }}

)

select * from counts_by_day
