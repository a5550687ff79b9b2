"""Who the customers are, for the report: stages, moves, offers, cohorts, KOCs.

Only reads what the marts say; what they withhold because too few people are in it stays withheld,
and no sum that would tell it is made here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from orchestration.publication.number_formats import write
from orchestration.publication.tables import rows_of, shade
from orchestration.report.bilingual import Bilingual, said

_STAGES = "segments.mart_customer_stages"
_TRANSITIONS = "segments.mart_stage_transitions"
_OFFERS = "segments.mart_stage_offers"
_COHORTS = "segments.mart_cohorts"
_ADVOCATES = "segments.mart_advocates"
_CANDIDATES = "segments.mart_koc_candidates"
_ACTIVATION = "segments.mart_koc_activation"

_COHORTS_SHOWN = 12
_CANDIDATES_SHOWN = 10

LADDERS = {
    "lifecycle": Bilingual("生命周期", "lifecycle"),
    "advocacy": Bilingual("口碑阶梯", "advocacy ladder"),
}
MEASURES = {
    "own_voices": Bilingual("自发声音", "own voices"),
    "posts": Bilingual("发布", "posts, paid ones too"),
    "engagement": Bilingual("互动", "interactions"),
    "orders": Bilingual("订单", "orders"),
    "net_cny": Bilingual("净消费（元）", "net sales, CNY"),
    "repurchase": Bilingual("再次购买", "bought again"),
}
_NEWLY_KNOWN = {"code": "newly_known", "zh": "新出现", "en": "newly known"}

_STAGE_NAMES = """
select lifecycle_code as code, lifecycle_name as zh, lifecycle_name_en as en
from seeds.lifecycle_stages order by stage_position
"""

_RUNG_NAMES = """
select advocacy_code as code, advocacy_name as zh, advocacy_name_en as en
from seeds.advocacy_rungs order by rung
"""

# the newest month that is over; without one the month that goes on
_MONTH = f"""
select month_start, is_complete from {_TRANSITIONS}
group by all order by is_complete desc, month_start desc limit 1
"""

_OFFER_ROWS = f"""
select * from {_OFFERS}
where period_kind = 'all' and is_right_stage
order by offer_code, lifecycle_code
"""

_COHORT_ROWS = f"""
select * from {_COHORTS}
where dimension_code = 'all' and cohort_month in (
    select distinct cohort_month from {_COHORTS} where dimension_code = 'all'
    order by cohort_month desc limit {_COHORTS_SHOWN}
)
order by cohort_month, period_number
"""

_KOC_COUNTS = f"""
select
    count(*) filter (where status_code = 'candidate') as candidate_count,
    count(*) filter (where status_code = 'near_miss') as near_miss_count,
    count(*) filter (where is_activated) as activated_count,
    count(*) filter (where is_core_fan) as core_fan_count
from {_ADVOCATES}
"""

_KOC_ROWS = f"""
select
    candidates.*,
    coalesce(channels.label_zh, candidates.follower_channel_code) as channel_zh,
    coalesce(channels.label_en, candidates.follower_channel_code) as channel_en
from {_CANDIDATES} as candidates
left join seeds.channel_labels as channels
    on channels.channel_code = candidates.follower_channel_code
where not candidates.is_activated
order by candidates.rank
limit {_CANDIDATES_SHOWN}
"""


@dataclass(frozen=True)
class Cell:
    """A cell of a heat table: what it says, how dark it is, whether it is withheld, or unmoved."""

    text: str
    shade: float = 0.0
    is_hidden: bool = False
    stays: bool = False


HIDDEN = Cell("·", is_hidden=True)


def read_customers(
    connection: duckdb.DuckDBPyConnection, published: Collection[str]
) -> dict[str, Any]:
    """The parts of the section; None for a part whose mart is not published.

    Args:
        connection: The build file.
        published: Names of the published tables, with their schema.

    Returns:
        `stages` (rows and rungs), `transitions` (month and a grid per ladder), `offers` (rows),
        `cohorts` (rows and periods), `koc` (counts and rows), `activation` (rows).
    """
    readers = {
        "stages": (_STAGES, _stages),
        "transitions": (_TRANSITIONS, _transitions),
        "offers": (_OFFERS, _offers),
        "cohorts": (_COHORTS, _cohorts),
        "koc": (_CANDIDATES, _koc),
        "activation": (_ACTIVATION, _activation),
    }
    return {
        part: read(connection) if table in published else None
        for part, (table, read) in readers.items()
    }


def _stages(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Stages by rungs, each cell a number of customers, and what a stage is worth."""
    cells = {
        (row["lifecycle_code"], row["advocacy_code"]): row
        for row in rows_of(connection, f"select * from {_STAGES}")
    }
    rungs = _seen(rows_of(connection, _RUNG_NAMES), {rung for _stage, rung in cells})
    stages = _seen(rows_of(connection, _STAGE_NAMES), {stage for stage, _rung in cells})
    counts = [
        row["customer_count"] or 0
        for (stage, rung), row in cells.items()
        if "all" not in (stage, rung)
    ]
    largest = max(counts, default=0)
    rows = [
        {
            **stage,
            "total": cells.get((stage["code"], "all"), {}),
            "cells": [_count(cells.get((stage["code"], rung["code"])), largest) for rung in rungs],
        }
        for stage in stages
    ]
    totals = [_count(cells.get(("all", rung["code"])), 0) for rung in rungs]
    largest_net = max((abs(row["total"]["net_cny"] or 0) for row in rows), default=0)
    unit = 10_000 if largest_net >= 10_000 else 1
    return {"rungs": rungs, "rows": rows, "totals": totals, "unit": unit}


def _transitions(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Where who stood on each stage at the beginning of a month stood at its end."""
    found = rows_of(connection, _MONTH)
    if not found:
        return {"month": None, "is_complete": True, "grids": []}
    month = found[0]["month_start"]
    moves = rows_of(connection, f"select * from {_TRANSITIONS} where month_start = ?", [month])
    names = {"lifecycle": _STAGE_NAMES, "advocacy": _RUNG_NAMES}
    grids = []
    for ladder, title in LADDERS.items():
        cells = {
            (row["from_code"], row["to_code"]): row for row in moves if row["ladder_code"] == ladder
        }
        sizes = {begun: row["from_customer_count"] for (begun, _to), row in cells.items()}
        known = rows_of(connection, names[ladder])
        columns = _seen(known, {to for _from, to in cells})
        rows = [
            {
                **stage,
                "count": sizes.get(stage["code"]),
                "cells": [
                    _move(
                        cells.get((stage["code"], column["code"])),
                        stays=stage["code"] == column["code"],
                    )
                    for column in columns
                ],
            }
            for stage in _seen([_NEWLY_KNOWN, *known], {begun for begun, _to in cells})
        ]
        if rows:
            grids.append({"title": title, "columns": columns, "rows": rows})
    return {"month": month, "is_complete": found[0]["is_complete"], "grids": grids}


def _offers(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    named = {row["code"]: said(row["zh"], row["en"]) for row in rows_of(connection, _STAGE_NAMES)}
    rows = rows_of(connection, _OFFER_ROWS)
    return [
        {
            **row,
            "offer": said(row["offer_name"], row.get("offer_name_en")),
            "stage": named.get(row["lifecycle_code"], said(row["lifecycle_code"])),
        }
        for row in rows
    ]


def _cohorts(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The retention triangle: months of first purchase by months since, the first left out."""
    by_month: dict[Any, list[dict[str, Any]]] = {}
    for row in rows_of(connection, _COHORT_ROWS):
        by_month.setdefault(row["cohort_month"], []).append(row)
    periods = sorted(
        {
            row["period_number"]
            for own in by_month.values()
            for row in own
            if 0 < row["period_number"] <= _COHORTS_SHOWN and row["is_complete"]
        }
    )
    shares = [row["retention_share"] or 0 for own in by_month.values() for row in own
              if row["period_number"] in periods]  # fmt: skip
    largest = max(shares, default=0)
    rows = []
    for month, own in by_month.items():
        at = {row["period_number"]: row for row in own}
        shown = [row for row in own if row["cumulative_net_per_customer_cny"] is not None]
        rows.append(
            {
                "month": month,
                "count": own[0]["customer_count"],
                "net_per_customer": shown[-1]["cumulative_net_per_customer_cny"] if shown else None,
                "cells": [_retained(at.get(period), largest) for period in periods],
            }
        )
    return {"periods": periods, "rows": rows if periods else []}


def _koc(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """How many there are, and the first of those who are not KOCs yet."""
    counts = rows_of(connection, _KOC_COUNTS)[0]
    rows = rows_of(connection, _KOC_ROWS)
    for row in rows:
        row["channel"] = said(row["channel_zh"] or "", row["channel_en"])
    return {"counts": counts, "rows": rows}


def _activation(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """What KOCs did, in words: per person before and after, and beside the matched candidates."""
    rows = rows_of(connection, f"select * from {_ACTIVATION} order by measure_position")
    for row in rows:
        is_rate = row["measure_kind_code"] == "rate"
        row["name"] = MEASURES.get(row["measure_code"], said(row["measure_code"]))
        for column in ("mean_before", "mean_after", "treated_mean", "matched_control_mean"):
            row[column] = write_mean(row[column], is_rate=is_rate)
        for column in ("difference", "difference_low", "difference_high"):
            row[column] = write_mean(row[column], is_rate=is_rate, sign="+")
    return rows


def write_mean(value: float | None, *, is_rate: bool, sign: str = "") -> str:
    """A mean in three digits or so, a rate in percent; a difference of rates in points."""
    if value is None:
        return "–"
    if is_rate:
        return write(value, "points" if sign else "share", plus=bool(sign)).en
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:{sign},.{digits}f}"


def _seen(names: Sequence[Mapping[str, Any]], codes: Collection[str]) -> list[Mapping[str, Any]]:
    """Stages in their order, those that nobody named last, those that nobody is in left out."""
    known = {name["code"] for name in names} | {"all"}
    unnamed = [{"code": code, "zh": code, "en": code} for code in sorted(set(codes) - known)]
    seen = [name for name in names if name["code"] in codes] + unnamed
    return [{**name, "name": said(name["zh"], name["en"])} for name in seen]


def _count(cell: Mapping[str, Any] | None, largest: float) -> Cell:
    if cell is None:
        return Cell("0")
    if cell["is_suppressed"]:
        return HIDDEN
    return Cell(f"{cell['customer_count']:,}", shade(cell["customer_count"], largest))


def _move(cell: Mapping[str, Any] | None, *, stays: bool) -> Cell:
    if cell is None:
        return Cell("", stays=stays)
    if cell["is_suppressed"]:
        return replace(HIDDEN, stays=stays)
    share = cell["transition_share"]
    return Cell(f"{share:.0%}" if share >= 0.01 else f"{share:.1%}", shade(share, 1), stays=stays)


def _retained(cell: Mapping[str, Any] | None, largest: float) -> Cell:
    """A cell of the triangle: blank while its month is not over."""
    if cell is None or not cell["is_complete"]:
        return Cell("")
    if cell["retention_share"] is None:
        return HIDDEN
    return Cell(f"{cell['retention_share']:.1%}", shade(cell["retention_share"], largest))
