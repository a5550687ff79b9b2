"""Suites that several feeds need in the same words; a suite's own file calls one of these.

Only a pattern that three suites share belongs here.
"""

from __future__ import annotations

from expectations.suite import Suite, gxe
from expectations.windows import AS_OF, LANDED, MINIMUM_ROWS

# Chinese shopping platforms begin in 2003; an earlier day is an epoch misread or a default
FIRST_PLAUSIBLE_DAY = "2003-01-01"


def plausible_times(table: str, column: str, title_zh: str) -> Suite:
    """Landed rows happen before the end of the day that their export is for, and after 2003.

    One odd row is reported; a tenth of them is a wrong zone or format, and blocks.

    Args:
        table: a raw feed, e.g. `raw.reviews`.
        column: the feed's main timestamp.
        title_zh: the suite's Chinese title.
    """
    return Suite(
        table=table,
        stage="landed",
        title_zh=title_zh,
        key=("record_key", column, "export_date", "file_id"),
        query=f"""
            select
                record_key, {column}, export_date, file_id,
                epoch(cast(export_date as timestamp) + interval 1 day - {column}) / 86400.0
                    as days_before_export_end,
                date_diff('day', date '{FIRST_PLAUSIBLE_DAY}', {column}) as days_since_2003
            from {table}
            where {LANDED} and {column} is not null
        """,
        expectations=[
            gxe.ExpectColumnValuesToBeBetween(
                column="days_before_export_end",
                min_value=0,
                mostly=0.9,
                severity="critical",
                description="时间普遍晚于导出日，时区或格式有误；"
                "most times lie after their export's day: check the contract's timezone and parser",
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="days_before_export_end",
                min_value=0,
                severity="warning",
                description="个别时间晚于导出日；some times lie after their export's day",
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="days_since_2003",
                min_value=0,
                mostly=0.9,
                severity="critical",
                description="时间普遍早于 2003 年，多为时间戳单位有误；"
                "most times lie before 2003: check epoch_s against epoch_ms in the contract",
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="days_since_2003",
                min_value=0,
                severity="warning",
                description="个别时间早于 2003 年；some times lie before 2003",
            ),
        ],
    )


def filled(table: str, title_zh: str, columns: tuple[str, ...]) -> Suite:
    """Columns that an export has always filled keep arriving.

    What is compared is an export with itself: one that never knew the product is no fault, one that
    knew it until yesterday is a header that moved, and blocks. On a first load there is nothing to
    compare with, and fewer rows than `MINIMUM_ROWS` on either side say nothing.

    Args:
        table: a raw feed.
        title_zh: the suite's Chinese title.
        columns: columns that reports live on.
    """
    shares = ", ".join(
        f"""case when earlier_count >= {MINIMUM_ROWS} and earlier_{name} >= 0.05 * earlier_count
            then {name} / landed_count / (earlier_{name} / earlier_count)
        end as {name}_of_usual"""
        for name in columns
    )
    counts = ", ".join(
        f"count({name}) filter (where is_landed) as {name}, "
        f"count({name}) filter (where not is_landed) as earlier_{name}"
        for name in columns
    )
    return Suite(
        table=table,
        stage="landed",
        title_zh=title_zh,
        key=("channel_code", "export_name", "landed_count"),
        query=f"""
            with recent as (
                select *, {LANDED} as is_landed
                from {table}
                where superseded_load_id is null and export_date >= {AS_OF} - 90
            ),

            counted as (
                select
                    channel_code, export_name,
                    count(*) filter (where is_landed) as landed_count,
                    count(*) filter (where not is_landed) as earlier_count,
                    {counts}
                from recent
                group by all
            )

            select channel_code, export_name, landed_count, {shares}
            from counted
            where landed_count >= {MINIMUM_ROWS}
        """,
        expectations=[
            expectation
            for name in columns
            for expectation in (
                gxe.ExpectColumnValuesToBeBetween(
                    column=f"{name}_of_usual",
                    min_value=0,
                    strict_min=True,
                    severity="critical",
                    description=f"{name} 一向有值而本次整列为空，表头可能改名；"
                    f"{name} had values and is empty now: compare the header with the contract",
                ),
                gxe.ExpectColumnValuesToBeBetween(
                    column=f"{name}_of_usual",
                    min_value=0.5,
                    severity="warning",
                    description=f"{name} 填充率不及往常一半；"
                    f"{name} is filled less than half as often as usual",
                ),
            )
        ],
    )


def not_negative(table: str, title_zh: str, columns: tuple[str, ...]) -> Suite:
    """Amounts and counts of landed rows are zero or more.

    Args:
        table: a raw feed.
        title_zh: the suite's Chinese title.
        columns: amounts in the export's own currency, or counts.
    """
    return Suite(
        table=table,
        stage="landed",
        title_zh=title_zh,
        key=("record_key", "file_id", "row_number"),
        query=f"""
            select record_key, file_id, row_number, {", ".join(columns)}
            from {table}
            where {LANDED}
        """,
        expectations=[
            gxe.ExpectColumnValuesToBeBetween(
                column=name,
                min_value=0,
                severity="critical",
                description=f"{name} 为负；{name} is negative: have the file corrected, or map the "
                "sign in the contract",
            )
            for name in columns
        ],
    )
