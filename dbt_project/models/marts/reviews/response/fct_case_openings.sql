-- Grain: one row per stretch of a case in which it was open, from its opening or a reopening to a solution.
with

openings as (

    select * from {{ ref('int_case_openings') }}

),

cases as (

    select * from {{ ref('fct_cases') }}

),

final as (

    select
        openings.case_key || '|' || cast(openings.open_from as {{ dbt.type_string() }}) as opening_key,
        openings.case_key,
        cases.channel_code,
        openings.open_from,
        openings.open_until,
        openings.is_reopening,
        -- half-open days: open at the end of the first, no longer open at the end of the last
        cast(openings.open_from as date) as open_from_on,
        coalesce(cast(openings.open_until as date), date '9999-12-31') as open_until_on

    from openings

    inner join cases
        on openings.case_key = cases.case_key

)

select * from final
