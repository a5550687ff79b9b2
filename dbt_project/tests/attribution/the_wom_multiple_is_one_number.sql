-- The mart's row over all products equals the KPI of the month.
select
    kpi.period_date,
    kpi.multiple,
    mart.multiple as mart_multiple

from {{ ref('kpi_wom_conversion_multiple') }} as kpi

left join {{ ref('mart_wom_multiple') }} as mart
    on
        kpi.period_date = mart.month_start
        and mart.product_key = 'all'

where
    kpi.period_kind = 'month'
    and (
        kpi.wom_conversion_count is distinct from mart.wom_conversion_count
        or kpi.paid_window_count is distinct from mart.paid_window_count
        or kpi.value_low is distinct from mart.multiple_low
        or kpi.value_high is distinct from mart.multiple_high
    )
