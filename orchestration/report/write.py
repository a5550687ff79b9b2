"""`report.html`: one self-contained file that says how the KPIs stand, why, and what to do.

Chinese first, English at a click; readable on a phone and on paper. Everything in it is read from
the build that is being published and from the manifest of the publication that carries it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publication.exposures import ExposedModel
from orchestration.publication.feed_health import Health
from orchestration.publication.labels import Labels
from orchestration.publication.tables import rows_of
from orchestration.report.contributions import read_changes
from orchestration.report.credit import PERFORMANCE as STRATEGIES
from orchestration.report.credit import latest_month, read_credit
from orchestration.report.crises import ALERT_DAYS, read_crises
from orchestration.report.customers import read_customers
from orchestration.report.experiments import BANDS, VERDICTS, read_experiments, read_multiple
from orchestration.report.kpi_tiles import read_tiles
from orchestration.report.lifetime_value import read_lifetime_value
from orchestration.report.names import Names, read_names
from orchestration.report.next_steps import read_next_steps
from orchestration.report.response import read_answers
from orchestration.report.sections import ORDER, Reasons
from orchestration.report.templates import render
from orchestration.report.voices import read_voices

REFUSAL_MARK = "<!-- a later run that was refused is reported here -->"
"""Where the page that readers keep open says that a newer night was refused."""


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
    as_of = date.fromisoformat(manifest["as_of"])
    names = read_names(connection, labels)
    tiles = read_tiles(connection, published, names)
    changes = read_changes(connection, published, tiles["all"], names)
    crises = read_crises(connection, published, names, as_of)
    month = latest_month(connection, manifest["as_of"]) if STRATEGIES in published else None
    page = render(
        "page.html.j2",
        sections=dict(ORDER),
        manifest=manifest,
        names=names,
        why=Reasons(health, names),
        tiles=tiles,
        changes=changes,
        answers=read_answers(connection, published, names, as_of),
        crises=crises,
        alert_days=ALERT_DAYS,
        voices=read_voices(connection, published, names, as_of),
        credit=read_credit(connection, published, manifest["as_of"]),
        multiple=read_multiple(connection, published, month),
        ltv=read_lifetime_value(connection, published),
        customers=read_customers(connection, published),
        trials=read_experiments(connection, published),
        bands=BANDS,
        verdicts=VERDICTS,
        steps=read_next_steps(
            connection,
            published,
            names,
            tiles=tiles["all"],
            changes=changes,
            alerts=crises["alerts"],
            as_of=as_of,
        ),
        tables=[
            {
                "name": name,
                "label": published[name].label_zh if name in published else "",
                "rows": table["rows"],
            }
            for name, table in manifest["tables"].items()
        ],
        restatements=_restatements(connection),
        refusal_mark=REFUSAL_MARK,
        **health_of(health, names, manifest["checks"]),
    )
    path.write_text(page, encoding="utf-8")


def health_of(health: Health, names: Names, checks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the section on the state of the data is made from."""
    failed = [check for check in checks if not check["is_passed"]]
    late = [feed for feed in health.feeds if feed["is_late"]]
    return {
        "health": health,
        "late": late,
        "checks": {
            "count": len(checks),
            "passed": len(checks) - len(failed),
            "by_kind": Counter(check["kind"] for check in checks),
            "failed": failed,
        },
    }


def _restatements(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The numbers of this publication that moved, by table and day."""
    return rows_of(
        connection,
        "select table_name, period_start, count(*) as number_count, "
        "any_value(cause_files) as cause_files from these_restatements "
        "group by table_name, period_start order by period_start desc, table_name limit 10",
    )
