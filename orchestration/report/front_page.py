"""The page that readers keep open, `published/report.html`: the newest report, or why it is old.

After a publication it is a link to `current/report.html`. After a run that the gate refused it is
a page of its own: what was refused and why, above the report that still stands, for who reads the
report each morning does not ask the command line. What lies in a publication is never touched.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from orchestration.home.settings import Settings
from orchestration.publication import ledger, store
from orchestration.publication.feed_health import read_health
from orchestration.publication.labels import Labels, read_labels
from orchestration.report.names import read_names
from orchestration.report.sections import ORDER, Reasons
from orchestration.report.templates import render
from orchestration.report.write import REFUSAL_MARK, health_of

FRONT_PAGE = "report.html"
_DRAFT = ".draft-front-page"
_BLOCKING = ("error", "critical")


def rewrite_front_page(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    """Let the page say what stands now; doing it again changes nothing.

    Args:
        settings: Where the publications are.
        connection: The build file, whose ledger knows how the last run ended.

    Raises:
        OSError: The folder cannot be written.
    """
    folder = settings.published_path
    seen = store.current(folder)
    refusal = _refusal(connection)
    if refusal is None:
        if seen is not None:
            draft = folder / _DRAFT
            draft.unlink(missing_ok=True)
            draft.symlink_to(Path("current") / FRONT_PAGE)
            draft.replace(folder / FRONT_PAGE)
        return
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / _DRAFT
    draft.unlink(missing_ok=True)
    draft.write_text(_refused(settings, connection, refusal, seen), encoding="utf-8")
    draft.replace(folder / FRONT_PAGE)


def _refusal(connection: duckdb.DuckDBPyConnection) -> dict[str, Any] | None:
    """What the last run was refused for; None where it was not."""
    last = ledger.last_verdict(connection) if ledger.has_ledger(connection) else None
    if last is None or last.verdict != "refused":
        return None
    checks = ledger.failed_checks(connection, last.run_id)
    return {
        "as_of": last.as_of,
        "at": last.published_at,
        "reason": last.reason or "",
        # rows that fail stay with `koubei status`: a page is sent on more easily than a terminal
        "checks": [check for check in checks if check["severity"] in _BLOCKING],
    }


def _refused(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    refusal: dict[str, Any],
    seen: store.Published | None,
) -> str:
    report = _report_of(seen)
    standing = seen.as_of if seen else None
    if REFUSAL_MARK in report:
        notice = render("refused.html.j2", refusal=refusal, standing=standing, is_below=True)
        return report.replace(REFUSAL_MARK, notice, 1)
    # nothing was published yet, or by a version whose report has no place for it
    labels: Labels = read_labels(settings)
    names = read_names(connection, labels)
    health = read_health(connection)
    return render(
        "refused_page.html.j2",
        refusal=refusal,
        standing=standing,
        is_below=False,
        names=names,
        sections=dict(ORDER),
        why=Reasons(health, names),
        restatements=[],
        **health_of(health, names, []),
    )


def _report_of(seen: store.Published | None) -> str:
    if seen is None:
        return ""
    try:
        return (seen.path / FRONT_PAGE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
