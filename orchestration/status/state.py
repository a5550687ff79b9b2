"""The state of a home: what readers see, how the last run ended, how fresh the data are."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import duckdb

from orchestration.home.settings import Settings
from orchestration.publication import ledger, store
from orchestration.publication.connections import BusyError, ReadError, open_build
from orchestration.publication.feed_health import Health, read_health


def read_state(settings: Settings) -> dict[str, Any]:
    """The state of a home, also before anything was built or published.

    While a refresh holds the build file, what is known comes from the current publication.

    Returns:
        `current` (publication, or None), `kept` (ids), `is_rolled_back`, `is_refreshing`,
        `last_verdict`, `failed_checks`, `health` (see `orchestration.status.health.Health`),
        `postgres` (None where it is not used).
    """
    seen = store.current(settings.published_path)
    kept = [each.publication_id for each in store.kept(settings.published_path)]
    state: dict[str, Any] = {
        "current": None
        if seen is None
        else {
            **{
                name: seen.manifest[name]
                for name in (
                    "publication_id", "as_of", "published_at", "table_count", "row_count",
                )
            },
            "restatements": sum(seen.manifest.get("restatements", {}).values()),
        },
        "kept": kept,
        "is_rolled_back": seen is not None and kept[-1] != seen.publication_id,
        "is_refreshing": False,
        "last_verdict": None,
        "failed_checks": [],
        "postgres": _of_postgres(settings),
        "health": (seen.manifest["health"] if seen else Health().as_dict()),
    }  # fmt: skip
    try:
        with open_build(settings) as connection:
            state |= _of_build(connection)
    except BusyError:
        state["is_refreshing"] = True
    except ReadError:
        pass  # nothing was built: what is published is all there is
    return state


def _of_postgres(settings: Settings) -> dict[str, Any] | None:
    if settings.postgres_dsn is None:
        return None
    from orchestration.postgres.sync import describe_state  # noqa: PLC0415 - a driver few need

    return describe_state(settings)


def _of_build(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    state: dict[str, Any] = {"health": read_health(connection).as_dict()}
    if ledger.has_ledger(connection):
        entry = ledger.last_verdict(connection)
        if entry is not None:
            state["last_verdict"] = asdict(entry)
            state["failed_checks"] = ledger.failed_checks(connection, entry.run_id)
    return state
