"""KPIs reach the last days of the data, move believably, and lie in their own intervals."""

from expectations.suite import Suite, gxe

SUITE = Suite(
    table="kpis.kpi_history",
    stage="marts",
    title_zh="指标取值",
    key=("kpi_code", "period_kind", "period_start", "value", "previous_value"),
    query="""
        select
            history.kpi_code, history.period_kind, history.period_start,
            history.value, history.previous_value, history.value_low, history.value_high,
            -- a small sample jumps by nature, a day even more
            case
                when catalogue.unit = 'share' and history.sample_count >= 100
                    and history.period_kind <> 'day'
                    then abs(history.delta)
            end as share_jump,
            case when catalogue.unit = 'share' then history.value end as share,
            case
                when catalogue.unit in ('minutes', 'days', 'count', 'cny') then history.value
            end as amount,
            case
                when history.kpi_code = 'kpi_wom_conversion_multiple' then history.value
            end as multiple,
            -- the newest day of each KPI that has days, against what it could know by now; of those
            -- that happen on most days, for a crisis a month is no news that is missing
            case
                when history.period_kind = 'day'
                    and history.period_start = max(history.period_start) over days
                    and count(*) over days
                        >= date_diff('day', min(history.period_start) over days, history.as_of) / 2
                    then date_diff('day', history.period_end, history.as_of)
                        - catalogue.maturity_days
            end as days_behind
        from kpis.kpi_history as history
        join kpis.kpi_catalogue as catalogue using (kpi_code)
        where
            history.brand_code = 'own'
            and history.channel_code = 'all'
            and history.product_key = 'all'
            and history.segment_kind = 'all'
        window days as (partition by history.kpi_code, history.period_kind)
    """,
    expectations=[
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="value",
            column_B="value_low",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
            severity="critical",
            description="指标低于自身区间下限；a value lies under its own interval",
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="value_high",
            column_B="value",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
            severity="critical",
            description="指标高于自身区间上限；a value lies above its own interval",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="share",
            min_value=-1,
            max_value=1,
            severity="critical",
            description="比例超出 −1 至 1；a share, or a difference of shares, is outside -1 to 1",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="amount",
            min_value=0,
            severity="critical",
            description="数量、时长或金额为负；a count, a duration or an amount is negative",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="share_jump",
            max_value=0.4,
            severity="warning",
            description="较上期变化超过 40 个百分点；a rate moved by more than 40 points",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="multiple",
            min_value=0.05,
            max_value=50,
            severity="warning",
            description="口碑转化倍数不合常理；a multiple that is hard to believe",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="days_behind",
            max_value=10,
            severity="warning",
            description="指标最近十天无数据；a KPI has had no data for ten days",
        ),
    ],
)
