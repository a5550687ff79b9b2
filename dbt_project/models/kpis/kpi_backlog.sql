-- KPI: cases that are open at the end of the last day of the period.
with

voices as (

    select * from {{ ref('fct_voices') }}

),

subjects as (

    select
        -- at the end of a day a case is open once, however often it was reopened
        'reviews.fct_cases' as row_table,
        openings.case_key as row_key,
        openings.open_from_on as state_from,
        openings.open_until_on as state_to,
        openings.channel_code,
        -- a case opened by staff without a message of the customer is no voice
        coalesce(voices.brand_code, 'own') as brand_code,
        coalesce(voices.product_key, 'unknown') as product_key,
        cast(1 as double) as numerator,
        cast(null as double) as denominator

    from {{ ref('fct_case_openings') }} as openings

    left join voices
        on openings.case_key = voices.voice_key

),

first_day as (

    select min(state_from) as first_on from subjects

),

open_counts as (

    {{ kpi_scopes(
        {
            'numerator': 'cast(count(*) as double)',
            'denominator': 'cast(null as double)',
            'sample_count': 'count(*)',
        },
        is_state=true
    ) }}

),

days_without_backlog as (

    -- no open cases is a count of 0, not null
    select
        windows.period_kind,
        windows.period_start as period_date,
        windows.is_cut,
        'all' as channel_code,
        'own' as brand_code,
        'all' as product_key,
        cast(0 as double) as numerator,
        cast(null as double) as denominator,
        cast(0 as bigint) as sample_count

    from {{ ref('kpi_windows') }} as windows

    cross join first_day

    left join open_counts
        on
            windows.period_kind = open_counts.period_kind
            and windows.period_start = open_counts.period_date
            and windows.is_cut = open_counts.is_cut
            and open_counts.brand_code = 'own'
            and open_counts.channel_code = 'all'
            and open_counts.product_key = 'all'

    where
        windows.until_on >= first_day.first_on
        and open_counts.period_kind is null

),

final as (

    select * from open_counts
    union all
    select * from days_without_backlog

)

select * from final
