"""PostgreSQL follows the pointer: whatever it holds, afterwards it holds what readers here see.

The home's pointer is the one truth. `sync` compares states, not events, so that a kill at any
moment, a server that was away, a rollback and an erasure are all put right by the same call.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import duckdb
from psycopg import sql

from orchestration.home.errors import one_line
from orchestration.home.settings import Settings
from orchestration.postgres import swap_log
from orchestration.postgres.connection import (
    Connection,
    PostgresError,
    connected,
    transaction,
    unless_gone,
)
from orchestration.postgres.load import load
from orchestration.postgres.schema import TableSpec, put_comments, put_indexes, table_specs
from orchestration.postgres.swap import Source, drop, drop_tables, keep_copy, swap
from orchestration.postgres.swap_log import (
    GONE,
    KEPT,
    NEXT,
    PREVIOUS,
    LiveState,
    Mark,
    mark_of,
    place,
)
from orchestration.publication import store
from orchestration.publication.store import Published
from orchestration.terminal.progress import NoProgress, ProgressReporter

# a person waits for the answer of `koubei status`
_ASK_SECONDS = 3


@dataclass(frozen=True)
class SyncResult:
    """What PostgreSQL holds after `sync`, and what it took."""

    publication_id: str
    tables: int
    rows: int
    seconds: float
    way: str
    changed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        """Whether readers of PostgreSQL see another set than before."""
        return self.way != "unchanged"


def sync(settings: Settings, progress: ProgressReporter | None = None) -> SyncResult | None:
    """Bring PostgreSQL to the publication that readers of the home see; None where it is not used.

    The caller holds the home, so that the pointer stands still.

    Raises:
        PostgresError: PostgreSQL stays as it was, whole; the next call goes on from there.
    """
    if settings.postgres_dsn is None:
        return None
    target = store.current(settings.published_path)
    if target is None:
        return None
    started = time.monotonic()
    # what an erasure has rewritten, and what is not kept any more, must go from there too
    kept = {mark_of(each) for each in store.kept(settings.published_path)}
    with _translate_errors(settings), connected(settings) as connection:
        with transaction(connection):
            swap_log.create_log(connection)
        done = _sync(_Way(connection, settings, target, kept, progress or NoProgress()))
    return SyncResult(
        publication_id=target.publication_id,
        tables=len(target.tables),
        rows=sum(table["rows"] for table in target.tables.values()),
        seconds=time.monotonic() - started,
        way=done.way,
        changed=done.changed,
        left=done.left,
    )


@contextmanager
def _translate_errors(settings: Settings) -> Iterator[None]:
    """What can go wrong on this side, in one line: the publication stands without the copy."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        raise PostgresError(f"PostgreSQL: {settings.work_path}: {one_line(error)}") from error


@dataclass(frozen=True)
class _Way:
    """What one call works with."""

    connection: Connection
    settings: Settings
    target: Published
    kept: set[Mark]
    progress: ProgressReporter

    @property
    def mark(self) -> Mark:
        return mark_of(self.target)


@dataclass
class _Done:
    """What one call came to."""

    way: str = "unchanged"
    changed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def _sync(way: _Way) -> _Done:
    connection = way.connection
    stands = swap_log.live_state(connection)
    names = swap_log.schemas_of(way.target.tables) | stands.schemas
    for ending in (NEXT, KEPT, GONE):
        drop(connection, names, ending)
    if stands.previous is not None and stands.previous not in way.kept:
        stands = _without_previous(connection, names)
    if stands.live == way.mark:
        return _Done()
    swap_log.require_ours(connection, stands, way.target.tables)
    done = _Done("swapped back" if stands.previous == way.mark else "loaded")
    with duckdb.connect(str(way.target.database), read_only=True) as source:
        tables = table_specs(source, way.target)
        hashes = swap_log.hashes_of(way.target)
        coming = [table for table in tables if stands.hashes.get(table.name) != hashes[table.name]]
        done.changed = [table.name for table in coming]
        try:
            _swap(way, source, coming, stands)
        except BaseException:
            with unless_gone():
                for ending in (NEXT, KEPT):
                    drop(connection, names, ending)
            raise
    put_comments(connection, tables)
    put_indexes(connection, coming)
    if coming:
        connection.execute(
            sql.SQL("analyze {}").format(sql.SQL(", ").join(place(name) for name in done.changed))
        )
    drop(connection, names, NEXT)
    # readers see the new set; somebody who still reads the one before the last is waited for later
    with suppress(PostgresError):
        drop(connection, names, GONE)
    gone = sorted(set(stands.hashes) - set(way.target.tables))
    done.left = list(drop_tables(connection, gone))
    return done


def _swap(
    way: _Way, source: duckdb.DuckDBPyConnection, coming: list[TableSpec], stands: LiveState
) -> None:
    ending = PREVIOUS if stands.previous == way.mark else NEXT
    if ending == NEXT:
        load(way.connection, source, coming, way.settings.work_path, way.progress)
    # what was rewritten since, as by an erasure, must not be kept
    keeps = stands.live is not None and stands.live in way.kept
    if keeps:
        keep_copy(way.connection, stands)
    swap(
        way.connection,
        Source(way.target, ending, tuple(table.name for table in coming)),
        stands,
        keeps=keeps,
    )
    if not keeps:
        _without_previous(way.connection, swap_log.schemas_of(way.target.tables) | stands.schemas)


def _without_previous(connection: Connection, names: set[str]) -> LiveState:
    drop(connection, names, PREVIOUS)
    swap_log.delete_previous(connection)
    return swap_log.live_state(connection)


def describe_state(settings: Settings) -> dict[str, Any] | None:
    """What `koubei status` says of PostgreSQL; None where it is not used.

    Returns:
        `publication_id` (or None), `swapped_at`, `is_behind`, `problem` (or None).
    """
    if settings.postgres_dsn is None:
        return None
    target = store.current(settings.published_path)
    state: dict[str, Any] = dict.fromkeys(("publication_id", "swapped_at", "problem"))
    try:
        with connected(settings, seconds=_ASK_SECONDS, is_publishing=False) as connection:
            stands = swap_log.live_state(connection)
    except PostgresError as error:
        return {**state, "is_behind": None, "problem": str(error)}
    return {
        **state,
        "publication_id": stands.live.publication_id if stands.live else None,
        "swapped_at": stands.swapped_at,
        "is_behind": target is not None and stands.live != mark_of(target),
    }
