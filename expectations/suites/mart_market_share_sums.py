"""Shares of market and of voice add up to one, their gaps to nothing, and figures are fresh."""

from expectations.suite import Suite, gxe
from expectations.windows import AS_OF

SUITE = Suite(
    table="segments.mart_market_share",
    stage="marts",
    title_zh="市场份额合计",
    key=("source_name", "category_code", "month_start"),
    query=f"""
        select
            channel_code, source_name, category_code, month_start,
            abs(sum(som) - 1) as som_gap,
            abs(sum(sov_mentions) - 1) as sov_gap,
            abs(sum(esov_mentions)) as esov_gap,
            -- of each source's newest month
            case
                when category_code = 'all'
                    and month_start = max(month_start) over (partition by channel_code, source_name)
                    then date_diff('month', month_start, {AS_OF})
            end as months_behind
        from segments.mart_market_share
        group by channel_code, source_name, category_code, month_start
    """,
    expectations=[
        gxe.ExpectColumnValuesToBeBetween(
            column="som_gap",
            max_value=0.0001,
            severity="critical",
            description="市场份额合计不为 1；shares of market do not add up to one",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="sov_gap",
            max_value=0.0001,
            severity="critical",
            description="声量份额合计不为 1；shares of voice do not add up to one",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="esov_gap",
            max_value=0.0001,
            severity="critical",
            description="份额差合计不为 0；gaps of voice and market do not add up to nothing",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="months_behind",
            max_value=3,
            severity="warning",
            description="市场数据来源超过三个月未更新；"
            "a source of market sales is over three months old",
        ),
    ],
)
