"""The KPIs as tiles: value, change, line, target band, n, and why a value is not shown.

The core ones come first, the others by family. Everything is read from the scorecard and the
history; which period is complete and what is withheld is decided in the models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb

from orchestration.publication.content_hash import columns_of
from orchestration.publication.exposures import ExposedModel
from orchestration.publication.tables import rows_of
from orchestration.report.bilingual import PREVIOUS, Bilingual, amount, change, period, said, split
from orchestration.report.names import Names
from orchestration.report.sparklines import Spark, spark_of

SCORECARD = "kpis.kpi_scorecard"
HISTORY = "kpis.kpi_history"

# what leadership asked to see first; satisfaction and speed of a crisis are one subject
CORE = (
    "kpi_nps",
    "kpi_positive_negative_ratio",
    "kpi_nsr",
    "kpi_watched_keyword_change",
    "kpi_share_rate",
    "kpi_crisis_first_statement_minutes",
    "kpi_crisis_satisfaction",
)
# a week is steady enough to lead with and fresh enough to act on
LEADING = ("week", "month", "quarter", "day")
_SPARK_PERIODS = {"day": 30, "week": 13, "month": 13, "quarter": 8}

FAMILIES = {
    "voice": Bilingual("声量、评分与情感", "Voice, ratings and sentiment"),
    "response": Bilingual("响应、危机与改进", "Response, crises and improvement"),
    "growth": Bilingual("归因与增长", "Attribution and growth"),
    "customers": Bilingual("客户", "Customers"),
    "service": Bilingual("服务", "Service"),
    "brand": Bilingual("品牌", "Brand"),
    "other": Bilingual("其他", "Other"),
}
_OWN = ("brand_code", "own"), ("channel_code", "all"), ("product_key", "all")


@dataclass(frozen=True)
class Line:
    """A KPI in one period, in words."""

    kind: str
    period: Bilingual
    value: Bilingual
    interval: Bilingual | None
    delta: Bilingual | None
    previous: Bilingual | None
    versus: Bilingual
    is_better: bool | None
    status: str
    reason: Bilingual
    sample_count: int
    is_small: bool
    target: Bilingual | None


@dataclass(frozen=True)
class Tile:
    """A KPI: its leading period large, the running one beside it, the others behind."""

    code: str
    label: Bilingual
    owner: Bilingual
    definition: Bilingual
    version: int | None
    lead: Line
    running: Line | None
    others: Sequence[Line]
    spark: Spark | None
    raw: Mapping[str, Any] = field(default_factory=dict)


def read_tiles(
    connection: duckdb.DuckDBPyConnection, models: Mapping[str, ExposedModel], names: Names
) -> dict[str, Any]:
    """The tiles.

    Returns:
        `core` (tiles), `families` (each with name, tiles and how many are off target), `all` (every
        tile by its code); all empty where there is no scorecard.
    """
    if SCORECARD not in models:
        return {"core": [], "families": [], "all": {}}
    by_kpi: dict[str, list[dict[str, Any]]] = {}
    for row in rows_of(connection, f"select * from {SCORECARD} order by kpi_code, period_kind"):
        if row.get("segment_kind") in (None, "all"):
            by_kpi.setdefault(row["kpi_code"], []).append(row)
    histories = _histories(connection) if HISTORY in models else {}
    described = _definitions(connection, models)
    tiles = {
        code: _tile(code, rows, histories, described.get(code), names)
        for code, rows in by_kpi.items()
    }
    families: dict[str, list[Tile]] = {}
    for code, tile in tiles.items():
        if code not in CORE:
            families.setdefault(_family(models.get(f"kpis.{code}")), []).append(tile)
    return {
        "core": [tiles[code] for code in CORE if code in tiles],
        "families": [
            {
                "code": code,
                "name": name,
                "tiles": families[code],
                "off_count": sum(tile.lead.status == "off_target" for tile in families[code]),
            }
            for code, name in FAMILIES.items()
            if code in families
        ],
        "all": tiles,
    }


def _tile(
    code: str,
    rows: Sequence[Mapping[str, Any]],
    histories: Mapping[tuple[str, str], Sequence[tuple[date, float]]],
    definition: str | None,
    names: Names,
) -> Tile:
    complete = {row["period_kind"]: row for row in rows if _comparison(row) == "complete"}
    running = {row["period_kind"]: row for row in rows if _comparison(row) != "complete"}
    standing = complete or running
    kinds = [kind for kind in LEADING if kind in standing] or list(standing)
    # too few answers give way to a longer period; what is withheld is news by itself
    shown = [
        kind
        for kind in kinds
        if standing[kind]["value"] is not None or standing[kind]["status_code"] == "withheld"
    ]
    kind = (shown or kinds)[0]
    lead = standing[kind]
    to_date = running.get(kind) if complete else None
    version = lead.get("definition_version")
    return Tile(
        code=code,
        label=said(lead["label_zh"], lead["label_en"]),
        owner=names.of("departments", lead.get("owner")),
        definition=split(definition),
        version=None if version is None else int(version),
        lead=_line(lead),
        running=_line(to_date) if to_date else None,
        others=[_line(standing[each]) for each in PREVIOUS if each in standing and each != kind],
        spark=spark_of(
            histories.get((code, kind), [])[-_SPARK_PERIODS.get(kind, 13) :],
            unit=lead["unit"],
            kind=kind,
            band=_edges(lead),
        ),
        raw=lead,
    )


def _line(row: Mapping[str, Any]) -> Line:
    unit, value = row["unit"], row["value"]
    low, high = row["value_low"], row["value_high"]
    has_interval = value is not None and low is not None and high is not None and low < high
    delta = row["delta"]
    is_to_date = _comparison(row) != "complete"
    return Line(
        kind=row["period_kind"],
        period=period(row["period_kind"], row["period_start"], row["period_end"]),
        value=amount(value, unit),
        interval=amount(low, unit) + said(" – ") + amount(high, unit) if has_interval else None,
        delta=None if delta is None else change(delta, unit, row["delta_kind"]),
        previous=None if row["previous_value"] is None else amount(row["previous_value"], unit),
        versus=Bilingual("较上期同样天数", "vs the same days before")
        if is_to_date
        else PREVIOUS.get(row["period_kind"], Bilingual("较上期", "vs before")),
        is_better=None if not delta else (delta > 0) == row["higher_is_better"],
        status=row["status_code"],
        reason=split(row["status_reason"]),
        sample_count=row["sample_count"] or 0,
        is_small=bool(row.get("is_small_sample")) or row["status_code"] == "hidden",
        target=_target(row),
    )


def _target(row: Mapping[str, Any]) -> Bilingual | None:
    low, high, unit = row.get("target_low"), row.get("target_high"), row["unit"]
    if low is not None and high is not None and low != high:
        return amount(low, unit) + said(" – ") + amount(high, unit)
    if low is None and high is None:
        low, high = _edges(row)
    if low is None and high is None:
        return None
    return said("≤ ") + amount(high, unit) if low is None else said("≥ ") + amount(low, unit)


def _edges(row: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """The target band; either end may be open."""
    low, high = row.get("target_low"), row.get("target_high")
    if low is not None or high is not None:
        return low, high
    return (row["target"], None) if row["higher_is_better"] else (None, row["target"])


def _comparison(row: Mapping[str, Any]) -> str:
    return row.get("comparison_code") or "complete"


def _family(model: ExposedModel | None) -> str:
    """The subject that a KPI is described under: its yml's name, `_kpis_voice.yml`."""
    if model is None:
        return "other"
    file_name = str(model.meta.get("family") or model.described_in.rpartition("_kpis_")[2])
    code = file_name.removesuffix(".yml")
    return code if code in FAMILIES else "other"


def _definitions(
    connection: duckdb.DuckDBPyConnection, models: Mapping[str, ExposedModel]
) -> dict[str, str]:
    if "kpis.kpi_catalogue" not in models:
        return {}
    rows = connection.execute("select kpi_code, definition from kpis.kpi_catalogue").fetchall()
    return dict(rows)


def _histories(
    connection: duckdb.DuckDBPyConnection,
) -> dict[tuple[str, str], Sequence[tuple[date, float]]]:
    """The values of our brands together, by KPI and kind of period, oldest first."""
    has = {column.name for column in columns_of(connection, HISTORY)}
    where = [f"{column} = '{value}'" for column, value in _OWN if column in has]
    where += [f"{column} = 'all'" for column in ("segment_kind", "segment_code") if column in has]
    where += ["comparison_code = 'complete'"] if "comparison_code" in has else []
    where += ["is_complete"] if "is_complete" in has else []
    rows = connection.execute(
        "select kpi_code, period_kind, list((period_start, value) order by period_start) "
        f"from {HISTORY} where value is not null and {' and '.join(where)} group by all"
    ).fetchall()
    return {(code, kind): values for code, kind, values in rows}
