"""How fast voices and cases are answered: by channel, and what is still open."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import duckdb

from orchestration.publication.tables import rows_of
from orchestration.report.bilingual import Bilingual, amount, minutes, said
from orchestration.report.charts import BLUE, ORANGE, Bar, Figure, bars, lines, numbers
from orchestration.report.names import Names

PERFORMANCE = "reviews.mart_response_performance"
BACKLOG = "reviews.mart_backlog"
_DAYS = 60

_CHANNELS = f"""
select * from {PERFORMANCE}
where basis_code = 'arrival' and subject_type_code = 'all' and department_code = 'all'
    and month_start = (
        select max(month_start) from {PERFORMANCE} where basis_code = 'arrival' and month_start <= ?
    )
order by channel_code = 'all' desc, subject_count desc, channel_code
"""

_OPEN = f"""
select backlog_date as day, cast(sum(open_count) as bigint) as open_count,
    cast(sum(breaching_count) as bigint) as breaching_count, max(oldest_age_days) as oldest_days
from {BACKLOG} where backlog_date > ? and backlog_date <= ?
group by backlog_date order by backlog_date
"""


def read_answers(
    connection: duckdb.DuckDBPyConnection, published: Collection[str], names: Names, as_of: date
) -> dict[str, Any]:
    """The parts of the section.

    Returns:
        `month` and `channels` (rows, the total first; None where not published), `answered` (a
        figure or None), `open` (the newest day of the backlog, or None), `backlog` (a figure).
    """
    found: dict[str, Any] = {
        "month": None, "is_running": False, "channels": None, "answered": None, "open": None,
        "backlog": None,
    }  # fmt: skip
    if PERFORMANCE in published:
        rows = rows_of(connection, _CHANNELS, [as_of])
        found["channels"] = [
            {**row, "name": Bilingual("全部", "all") if row["channel_code"] == "all"
             else names.channel(row["channel_code"])}
            for row in rows
        ]  # fmt: skip
        if rows:
            month = rows[0]["month_start"]
            found["month"] = month
            found["is_running"] = (as_of + timedelta(1)).replace(day=1) <= month
            found["answered"] = _answered(found["channels"][1:])
    if BACKLOG in published:
        days = rows_of(connection, _OPEN, [as_of - timedelta(_DAYS), as_of])
        found["open"] = days[-1] if days else None
        found["backlog"] = _backlog(days)
    return found


def _answered(rows: Sequence[Mapping[str, Any]]) -> Figure | None:
    judged = [row for row in rows if row["met_share"] is not None]
    if not judged:
        return None
    judged.sort(key=lambda row: -row["met_share"])
    return Figure(
        svg=bars(
            [
                Bar(row["name"], 100 * row["met_share"], amount(row["met_share"], "share"))
                for row in judged
            ]
        ),
        title=Bilingual("按时回复率，按渠道", "Answered in time, by channel"),
        caption=Bilingual(
            "本月到达、已到期的声音与工单中，在承诺时间内有人回复的占比。",
            "Of the voices and cases that arrived in the month and were due, the share that a "
            "person answered within the promised time.",
        ),
        head=[Bilingual("渠道", "channel"), Bilingual("到期", "due"), Bilingual("按时", "in time"),
              Bilingual("占比", "share"), Bilingual("中位用时", "median")],
        rows=[
            numbers(
                row["name"],
                amount(row["judged_count"], "count"),
                amount(row["met_count"], "count"),
                amount(row["met_share"], "share"),
                minutes(row["median_minutes"]),
            )
            for row in judged
        ],
    )  # fmt: skip


def _backlog(days: Sequence[Mapping[str, Any]]) -> Figure | None:
    if len(days) < 3:
        return None
    return Figure(
        svg=lines(
            {
                BLUE: [(row["day"], row["open_count"]) for row in days],
                ORANGE: [(row["day"], row["breaching_count"]) for row in days],
            },
            dashes={ORANGE: [5, 3]},
        ),
        title=Bilingual("未结工单", "Cases still open"),
        caption=Bilingual(
            "每日末未结的工单，与其中已超期的。",
            "Open at the end of each day, and overdue among them.",
        ),
        key=[(BLUE, Bilingual("未结", "open")),
             (ORANGE, Bilingual("其中超期（虚线）", "overdue (dashed)"))],
        head=[Bilingual("日期", "day"), Bilingual("未结", "open"), Bilingual("超期", "overdue"),
              Bilingual("最老（天）", "oldest, days")],
        rows=[
            numbers(
                said(row["day"]),
                amount(row["open_count"], "count"),
                amount(row["breaching_count"], "count"),
                amount(row["oldest_days"], "days"),
            )
            for row in list(reversed(days))[:30]
        ],
    )  # fmt: skip
