"""Points are booked once, by accounts that hold them, for reasons that are known."""

from expectations.suite import Suite, gxe
from expectations.windows import MINIMUM_ROWS

SUITE = Suite(
    table="segments.fct_points",
    stage="marts",
    title_zh="积分流水异常",
    key=("entry_count", "exception_count"),
    query=f"""
        with exceptions as (
            select count(distinct entry_key) as exception_count
            from segments.mart_points_exceptions
        ),

        entries as (
            select count(*) as entry_count from segments.fct_points
        )

        select entry_count, exception_count, exception_count / entry_count as exception_share
        from entries
        cross join exceptions
        where entry_count >= {MINIMUM_ROWS}
    """,
    expectations=[
        gxe.ExpectColumnValuesToBeBetween(
            column="exception_share",
            max_value=0.05,
            severity="warning",
            description="超过 5% 的积分流水有异常，见 mart_points_exceptions；"
            "more than 5 % of the entries are wrong: see mart_points_exceptions",
        ),
    ],
)
