{#
    The rows of a KPI whose additivity is `none`: `measures` of its CTE `subjects`, computed for every period of
    kpi_windows and every scope by itself: in total, by channel, by product and by segment, for all brands (`all`),
    ours together (`own`) and each brand.

    measures        aggregates of `subjects`, name -> expression: numerator, denominator and sample_count, and
                    value_low, value_high or whatever a following CTE needs.
    by              what a total is split by: channel, product, segment.
    period_kinds    the kinds of period that the KPI has, as in its entry.
    maturity_days   as in its entry: the running period, and the same days of the period before it, end so many days
                    earlier. `subjects` leaves out what has not matured.
    is_state        true where `subjects` has state_from and state_to (dates, half-open) in place of period_date: a
                    period then counts what stands at the end of its last day.

    with

    subjects as (

        -- a median: the value is the numerator, and the denominator is 1
        select
            'reviews.fct_response_clock' as row_table,
            subject_key as row_key,
            cast(opened_at as date) as period_date,
            channel_code,
            brand_code,
            product_key,
            first_reply_minutes as numerator,
            1 as denominator
        from {{ ref('fct_response_clock') }}
        where first_reply_minutes is not null

    ),

    measures_by_scope as (

        {{ kpi_scopes({
            'numerator': 'cast(median(numerator) as double)',
            'denominator': 'cast(1 as double)',
            'sample_count': 'count(*)',
        }) }}

    )

    select * from measures_by_scope

    A scope of `subjects` that is `all` or `own` already has no row of its own beside the total.
#}
{% macro kpi_scopes(
    measures,
    by=['channel', 'product'],
    period_kinds=['day', 'week', 'month', 'quarter'],
    maturity_days=0,
    is_state=false
) -%}
{%- set segments = 'segment' in by -%}
{%- set scope = 'scope_rows.period_kind, scope_rows.period_start, scope_rows.is_cut, scope_rows.brand_scope' -%}
select
    scope_rows.period_kind,
    scope_rows.period_start as period_date,
    scope_rows.is_cut,
    {{ "case when grouping(scope_rows.channel_code) = 1 then 'all' else scope_rows.channel_code end"
        if 'channel' in by else "'all'" }} as channel_code,
    scope_rows.brand_scope as brand_code,
    {{ "case when grouping(scope_rows.product_key) = 1 then 'all' else scope_rows.product_key end"
        if 'product' in by else "'all'" }} as product_key,
    {%- if segments %}
    case when grouping(scope_rows.segment_kind) = 1 then 'all' else scope_rows.segment_kind end as segment_kind,
    case when grouping(scope_rows.segment_code) = 1 then 'all' else scope_rows.segment_code end as segment_code,
    {%- endif %}
    {%- for name, expression in measures.items() %}
    {{ expression }} as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from (
    select
        rows_by_window.*,
        brand_scopes.brand_scope
    from (
        select
            subjects.*,
            windows.period_kind,
            windows.period_start,
            windows.is_cut
        from {{ kpi_windows_matured(maturity_days, period_kinds) }} as windows
        {%- if is_state %}
        inner join subjects
            on windows.until_on >= subjects.state_from and windows.until_on < subjects.state_to
        {%- else %}
        inner join (
            -- the first day of its period is what a row and a window have in common; ranges alone would be compared
            -- each with each
            select
                subjects.*,
                kinds.period_kind as kind_of_start,
                cast(date_trunc(kinds.period_kind, subjects.period_date) as date) as start_of_period
            from subjects
            cross join (
                {%- for kind in period_kinds %}
                select '{{ kind }}' as period_kind{{ ' union all' if not loop.last }}
                {%- endfor %}
            ) as kinds
        ) as subjects
            on
                windows.period_kind = subjects.kind_of_start
                and windows.period_start = subjects.start_of_period
                and windows.until_on >= subjects.period_date
        {%- endif %}
    ) as rows_by_window
    -- a brand of ours counts in `all`, in `own` and for itself
    inner join (
        select brand_code, 'all' as brand_scope from (select distinct brand_code from subjects) as each_brand
        union all
        select each_brand.brand_code, 'own' as brand_scope
        from (select distinct brand_code from subjects) as each_brand
        left join {{ ref('int_brands') }} as brands on each_brand.brand_code = brands.brand_code
        where each_brand.brand_code = 'own' or brands.is_own_brand
        union all
        select brand_code, brand_code as brand_scope from (select distinct brand_code from subjects) as each_brand
        where brand_code <> 'own'
    ) as brand_scopes on rows_by_window.brand_code = brand_scopes.brand_code
) as scope_rows
group by
    grouping sets (
        ({{ scope }})
        {%- if 'channel' in by %},
        ({{ scope }}, scope_rows.channel_code)
        {%- endif %}
        {%- if 'product' in by %},
        ({{ scope }}, scope_rows.product_key)
        {%- endif %}
        {%- if segments %},
        ({{ scope }}, scope_rows.segment_kind, scope_rows.segment_code)
        {%- endif %}
    )
having
    true
    {%- if 'channel' in by %}
    and not (grouping(scope_rows.channel_code) = 0 and scope_rows.channel_code = 'all')
    {%- endif %}
    {%- if 'product' in by %}
    and not (
        grouping(scope_rows.product_key) = 0
        and (scope_rows.product_key = 'all' or scope_rows.brand_scope = 'all')
    )
    {%- endif %}
    {%- if segments %}
    and not (
        grouping(scope_rows.segment_kind) = 0
        and (scope_rows.segment_kind = 'all' or scope_rows.brand_scope = 'all')
    )
    {%- endif %}
{%- endmacro %}


{#
    kpi_windows in brackets, for a KPI that is known only so many days later: the running period, and the same days of
    the period before it, end so much earlier, alike. A window may then be empty (until_on before from_on).
#}
{% macro kpi_windows_matured(maturity_days=0, period_kinds=['day', 'week', 'month', 'quarter']) -%}
(
    select
        period_kind,
        period_start,
        is_cut,
        is_running,
        from_on,
        {{ kpi_window_end(maturity_days) }} as until_on,
        as_of
    from {{ ref('kpi_windows') }}
    where period_kind in ('{{ period_kinds | join("', '") }}')
)
{%- endmacro %}


{#
    The last day that counts of a window of kpi_windows (columns under `prefix`), for a KPI that is known only so many
    days later. A day is not cut: it waits until it is known.
#}
{% macro kpi_window_end(maturity_days, prefix='') -%}
    case
        when {{ prefix }}is_running and {{ prefix }}period_kind <> 'day'
            then least({{ prefix }}until_on, {{ plus_days(prefix ~ 'as_of', '-1 * ' ~ maturity_days) }})
        when {{ prefix }}is_cut
            then least(
                {{ prefix }}until_on,
                {{ plus_days(prefix ~ 'from_on', '(' ~ prefix ~ 'elapsed_days - 1 - ' ~ maturity_days ~ ')') }}
            )
        else {{ prefix }}until_on
    end
{%- endmacro %}
