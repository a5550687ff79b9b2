"""Delivery: a copy of the publication in PostgreSQL, and messages about what needs attention.

Neither undoes a publication: what stands in the way is kept for the summary and the exit code.
"""

from __future__ import annotations

import time

import duckdb

from orchestration.home.errors import KoubeiError, one_line
from orchestration.pipeline.state import RunState


def sync_postgres(state: RunState) -> None:
    """Bring PostgreSQL to what readers of the home see, where it is used.

    The next run tries again where `postgres_error` was set.
    """
    if state.settings.postgres_dsn is None:
        return
    from orchestration.postgres.sync import sync  # noqa: PLC0415 - a driver few need

    started = time.monotonic()
    try:
        synced = sync(state.settings, state.progress)
    except KoubeiError as error:
        state.postgres_error = str(error)
    else:
        state.postgres_error = None
        if state.synced is None or (synced is not None and synced.is_new):
            state.synced = synced
    state.seconds["postgres"] = state.seconds.get("postgres", 0) + time.monotonic() - started


def notify(state: RunState) -> None:
    """Post what needs attention, where that is wanted; `notify_error` where it could not be."""
    is_over = state.publication is not None or state.refusals or state.errors
    if state.settings.notify_urls is None or not is_over:
        return
    from orchestration.notify.findings import RunResult  # noqa: PLC0415 - few need it
    from orchestration.notify.notify import notify as post  # noqa: PLC0415

    failures = [] if state.refusals or state.publication else map(one_line, state.errors)
    result = RunResult(state.run_id, state.refusals, list(failures), state.postgres_error)
    try:
        state.notified = post(state.settings, result)
    except (KoubeiError, OSError, duckdb.Error) as error:
        state.notify_error = one_line(error)
