"""The gate: what checks have found is kept in the ledger, and a refusal with its reason."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import duckdb

from ingestion.files.registry import last_export_date
from orchestration.pipeline.state import RunState
from orchestration.publication import ledger
from orchestration.publication.ledger import CheckResult, LedgerEntry
from orchestration.report.front_page import rewrite_front_page


def record_checks(
    state: RunState, connection: duckdb.DuckDBPyConnection, results: Sequence[CheckResult]
) -> None:
    """Keep checks of the run, for the summary and in the ledger."""
    state.checks.extend(results)
    ledger.record_checks(connection, state.run_id, state.load_id, results)


def refuse(state: RunState, connection: duckdb.DuckDBPyConnection, reason: str) -> None:
    """Keep in the ledger that this run publishes nothing, and why."""
    state.refusals.append(reason)
    ledger.record_verdict(
        connection,
        LedgerEntry(
            publication_id=None,
            as_of=last_export_date(connection),
            load_id=state.load_id,
            run_id=state.run_id,
            verdict="refused",
            reason="; ".join(state.refusals),
            published_at=state.now(),
        ),
    )
    # the ledger has it; the page follows, or else the next run rewrites it
    with contextlib.suppress(OSError):
        rewrite_front_page(state.settings, connection)
