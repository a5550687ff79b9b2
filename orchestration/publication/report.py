"""`report.html`: one self-contained file that says how the KPIs stand and how the data are.

Chinese first, English beside it; readable on a phone. Everything in it is read from the build that
is being published and from the manifest of the publication that carries it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from orchestration.publication.attention import ALERT_DAYS, read_attention
from orchestration.publication.content import columns_of
from orchestration.publication.credit import BANDS, VERDICTS, money, read_credit
from orchestration.publication.customers import read_customers
from orchestration.publication.exposed import ExposedModel
from orchestration.publication.labels import Labels
from orchestration.reading.health import Health

_SCORECARD = "kpis.kpi_scorecard"
_HISTORY = "kpis.kpi_history"
_SPARK_DAYS = 30
_SPARK_SIZE = (120, 28)
# a week is steady enough to lead with and fresh enough to act on
_LEADING = ("week", "month", "quarter", "day")
PERIODS = {"day": "日 day", "week": "周 week", "month": "月 month", "quarter": "季 quarter"}
SEVERITIES = {"high": "高 high", "medium": "中 medium", "low": "低 low"}
STATUSES = {
    "on_target": "达标 on target",
    "near_target": "接近 near target",
    "off_target": "未达标 off target",
    "no_target": "未设目标 no target",
    "running": "周期未完 running",
    "hidden": "样本不足 too few",
    "withheld": "暂缓发布 withheld",
}


def write_report(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    *,
    manifest: Mapping[str, Any],
    models: Sequence[ExposedModel],
    health: Health,
    labels: Labels,
) -> None:
    """Write the report of one publication.

    Args:
        connection: The build file.
        path: The HTML file to make.
        manifest: What the publication says of itself.
        models: The published models, for their names.
        health: How the data are.
        labels: Chinese names of channels and feeds.
    """
    published = {model.qualified: model for model in models}
    page = _template().render(
        manifest=manifest,
        health=health,
        labels=labels,
        cards=_cards(connection) if _SCORECARD in published else [],
        attention=read_attention(connection, published),
        alert_days=ALERT_DAYS,
        credit=read_credit(connection, published, manifest["as_of"]),
        customers=read_customers(connection, published),
        bands=BANDS,
        verdicts=VERDICTS,
        severities=SEVERITIES,
        tables=[
            {
                "name": name,
                "label": published[name].label_zh if name in published else "",
                "rows": table["rows"],
            }
            for name, table in manifest["tables"].items()
        ],
        checks=_checks(manifest["checks"]),
        restatements=_restatements(connection),
        periods=PERIODS,
        statuses=STATUSES,
    )
    path.write_text(page, encoding="utf-8")


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["amount"] = amount
    environment.filters["change"] = change
    environment.filters["money"] = money
    return environment.get_template("report.html.j2")


def amount(value: float | None, unit: str) -> str:
    """A value in its unit, as a person reads it: 12.3 %, 41.0, 3.20x, 1,234."""
    if value is None:
        return "–"
    match unit:
        case "share":
            return f"{value * 100:.1f} %"
        case "multiple":
            return f"{value:.2f}x"
        case "count":
            return f"{value:,.0f}"
        case _:
            return f"{value:,.1f}"


def change(value: float | None, unit: str, kind: str | None) -> str:
    """A change against the period before: percent for volumes, points for everything else."""
    if value is None:
        return ""
    if kind == "percent":
        return f"{value * 100:+.1f} %"
    if unit == "share":
        return f"{value * 100:+.1f} 个百分点 pp"
    return f"{value:+.2f}" if unit == "multiple" else f"{value:+.1f}"


def _cards(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """One card per KPI: its leading period large, the others below, the last days as a line."""
    columns = {column.name for column in columns_of(connection, _SCORECARD)}
    whole = "where comparison_code = 'complete'" if "comparison_code" in columns else ""
    cursor = connection.execute(
        f"select * from {_SCORECARD} {whole} order by kpi_code, period_kind"
    )
    names = [column[0] for column in cursor.description]
    by_kpi: dict[str, dict[str, dict[str, Any]]] = {}
    for row in (dict(zip(names, values, strict=True)) for values in cursor.fetchall()):
        by_kpi.setdefault(row["kpi_code"], {})[row["period_kind"]] = row
    sparks = _sparks(connection)
    cards = []
    for code, periods in by_kpi.items():
        kinds = [kind for kind in _LEADING if kind in periods]
        shown = [kind for kind in kinds if periods[kind]["value"] is not None]
        leading = (shown or kinds)[0]
        cards.append(
            {
                "lead": periods[leading],
                "others": [
                    periods[kind] for kind in PERIODS if kind in periods and kind != leading
                ],
                "spark": sparks.get(code),
            }
        )
    return cards


def _sparks(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """SVG points of each KPI's daily values over the last days, our brands together."""
    if not {"sample_count", "as_of"} <= {each.name for each in columns_of(connection, _HISTORY)}:
        return {}
    rows: list[tuple[str, list[date], list[float], date]] = connection.execute(
        f"select kpi_code, list(period_start order by period_start), "
        f"list(value order by period_start), max(as_of) from {_HISTORY} "
        "where period_kind = 'day' and brand_code = 'own' and channel_code = 'all' "
        f"and product_key = 'all' and value is not null and period_start > as_of - {_SPARK_DAYS} "
        "group by kpi_code"
    ).fetchall()
    return {
        code: _points(days, values, as_of)
        for code, days, values, as_of in rows
        if len(set(days)) > 2
    }


def _points(days: Sequence[date], values: Sequence[float], as_of: date) -> str:
    width, height = _SPARK_SIZE
    low, span = min(values), (max(values) - min(values)) or 1.0
    return " ".join(
        f"{width - (as_of - day).days * width / _SPARK_DAYS:.1f},"
        f"{height - 2 - (value - low) / span * (height - 4):.1f}"
        for day, value in zip(days, values, strict=True)
    )


def _checks(checks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    failed = [check for check in checks if not check["is_passed"]]
    return {
        "count": len(checks),
        "passed": len(checks) - len(failed),
        "by_kind": Counter(check["kind"] for check in checks),
        "failed": failed,
    }


def _restatements(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The numbers of this publication that moved, by table and day."""
    cursor = connection.execute(
        "select table_name, period_start, count(*) as number_count, "
        "any_value(cause_files) as cause_files from these_restatements "
        "group by table_name, period_start order by period_start desc, table_name limit 10"
    )
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
