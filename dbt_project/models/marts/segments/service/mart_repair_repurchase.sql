-- Grain: one row per kind of claim (`all` for any) and window of days after it.
{%- set measures = {
    'matched_treated_count': 'matched_served_count',
    'unmatched_treated_count': 'unmatched_served_count',
    'control_count': 'unserved_count',
    'effective_control_count': 'effective_unserved_count',
    'stratum_count': 'stratum_count',
    'treated_mean': 'served_repurchase_rate',
    'matched_control_mean': 'matched_unserved_repurchase_rate',
    'difference': 'difference',
    'difference_low': 'difference_low',
    'difference_high': 'difference_high',
    'standard_error': 'standard_error',
    'relative_difference': 'relative_difference',
    'relative_low': 'relative_low',
    'relative_high': 'relative_high',
    'crude_difference': 'crude_difference',
} %}
with

units as (

    select * from {{ ref('int_repair_units') }}

),

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

windows as (

    {%- for window_days in var('repair_repurchase_windows_days') %}
    select cast({{ window_days }} as integer) as window_days
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

unit_outcomes as (

    -- both sides only with a complete window
    select
        units.is_treated,
        units.claim_kind,
        windows.window_days,
        units.month_start,
        units.category_code,
        units.purchase_band,
        units.recency_band,
        coalesce(units.next_purchased_on <= {{ plus_days('units.index_on', 'windows.window_days') }}, false)
            as is_repurchased

    from units

    cross join windows

    inner join as_of
        on {{ plus_days('units.index_on', 'windows.window_days') }} <= as_of.as_of

    -- unserved customers have no claim until the end of the window
    where
        units.is_treated
        or coalesce(units.claimed_on > {{ plus_days('units.index_on', 'windows.window_days') }}, true)

),

cells as (

    select
        *,
        count(*) as unit_count

    from unit_outcomes
    group by all

),

kinds as (

    select distinct claim_kind from units
    where is_treated
    union all
    select 'all' as claim_kind

),

by_kind as (

    -- every kind is compared with the same unserved customers
    select
        kinds.claim_kind as compared_kind,
        cells.*

    from cells

    inner join kinds
        on
            kinds.claim_kind = 'all'
            or not cells.is_treated
            or cells.claim_kind = kinds.claim_kind

),

matched_repurchases as (

    {{ matched_difference(
        'by_kind',
        strata=['month_start', 'category_code', 'purchase_band', 'recency_band'],
        outcome='is_repurchased',
        groups=['compared_kind', 'window_days'],
        rows='unit_count'
    ) }}

),

comparison_rows as (

    select
        kinds.claim_kind,
        windows.window_days,
        kinds.claim_kind = 'all' as is_every_kind,
        coalesce(matched_repurchases.treated_count, 0) as treated_count,
        {%- for measure in measures %}
        matched_repurchases.{{ measure }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}

    from kinds

    cross join windows

    left join matched_repurchases
        on
            kinds.claim_kind = matched_repurchases.compared_kind
            and windows.window_days = matched_repurchases.window_days

),

comparisons_with_suppression as (

    select
        *,
        {{ hidden_cell('treated_count', 'window_days, is_every_kind', 'claim_kind') }} as is_suppressed

    from comparison_rows

),

final as (

    select
        claim_kind,
        window_days,
        is_suppressed,
        case when not is_suppressed then treated_count end as served_count,
        {%- for measure, name in measures.items() %}
        case when not is_suppressed then {{ measure }} end as {{ name }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}

    from comparisons_with_suppression

)

select * from final
