"""The proof of an erasure: what stood where before and after, and a walk over every file.

The copy in PostgreSQL is asked as well, where there is one.

Databases and Parquet files are asked by SQL, because their columns are packed, and walked as bytes
as well, because what was deleted may still lie in them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from orchestration.home.settings import Settings
from orchestration.publication import store
from orchestration.publication.content_hash import literal, quoted
from orchestration.publication.traces import Traces, count_traces

_CHUNK = 8 * 1024 * 1024
# the filter itself: keyed hashes, which every later landing filters by
_FILTER = frozenset({"raw.suppressions"})


@dataclass(frozen=True)
class State:
    """What a home holds of a person: rows naming them, all rows, and the money of all orders."""

    naming: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    orders: tuple[int, str] = (0, "0")


def look(warehouse: Path, traces: Traces) -> State:
    """Count, in the raw tables of a build file, all rows, those that name a person, and orders."""
    naming: dict[str, int] = {}
    rows: dict[str, int] = {}
    orders = (0, "0")
    if warehouse.exists():
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            naming |= count_traces(connection, traces, left_out=_FILTER)
            rows |= _row_counts(connection)
            totals = connection.execute(
                "select count(*), cast(coalesce(sum(gross_cny), 0) as varchar) from raw.orders"
            ).fetchone()
            orders = totals or orders
    return State(naming, rows, orders)


def look_published(database: Path, traces: Traces) -> dict[str, int]:
    """Rows of one publication that name the person, by table."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return count_traces(connection, traces)


def _row_counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = current_database() and schema_name = 'raw' order by all"
    ).fetchall()
    return {
        f"{schema}.{name}": connection.execute(
            f"select count(*) from {quoted(schema, name)}"
        ).fetchall()[0][0]
        for schema, name in tables
    }


def walk(settings: Settings, traces: Traces, clear: str | None = None) -> list[str]:
    """Every place in the home that still holds a trace, one line each; empty is the proof.

    The channels' own exports, the key and the backups are left out: they are named to the person
    who asked. `clear` is the identifier as typed, looked for as it is.
    """
    found: list[str] = []
    if settings.warehouse_path.exists():
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
            found += _lines("build", count_traces(connection, traces, left_out=_FILTER))
    for published in store.kept(settings.published_path):
        found += _lines(published.publication_id, look_published(published.database, traces))
        found += _in_parquet(published.path, traces)
    if settings.postgres_dsn is not None:
        from orchestration.postgres.personal_data import traces_left  # noqa: PLC0415 - few need it

        found += traces_left(settings, traces)
    keyed = [value.encode() for value in traces.values]
    # the list itself holds the nodes, and so does its copy in the build file
    unfiltered = [value for value in keyed if b":" not in value]
    words = [text.encode() for text in traces.words]
    typed = [clear.encode()] if clear else []
    for path in _files(settings):
        if path == settings.suppressions_path:
            wanted = typed
        elif path.parent == settings.build_path:
            wanted = [*unfiltered, *words, *typed]
        else:
            wanted = [*keyed, *words, *typed]
        if _holds(path, wanted):
            found.append(str(path.relative_to(settings.home)))
    return found


def outside(settings: Settings) -> list[str]:
    """Places that an erasure does not reach, for the person to see to."""
    places = [settings.exports_url]
    if settings.backups_path.is_dir():
        places += [str(path) for path in sorted(settings.backups_path.iterdir())]
    return places


def _lines(where: str, counts: dict[str, int]) -> list[str]:
    return [f"{where}: {table} ({rows} rows)" for table, rows in counts.items()]


def _in_parquet(folder: Path, traces: Traces) -> list[str]:
    found = []
    with duckdb.connect() as connection:
        for path in sorted((folder / "parquet").rglob("*.parquet")):
            connection.execute(
                f"create or replace table read as from read_parquet({literal(str(path))})"
            )
            if count_traces(connection, traces):
                found.append(str(path.relative_to(folder.parent)))
    return found


def _files(settings: Settings) -> Iterator[Path]:
    left_out = {settings.exports_path, settings.backups_path}
    for folder, folders, files in os.walk(settings.home):
        folders[:] = [name for name in folders if Path(folder, name) not in left_out]
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink() and path != settings.key_path:
                yield path


def _holds(path: Path, wanted: list[bytes]) -> bool:
    longest = max(map(len, wanted), default=1)
    carry = b""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            data = carry + chunk
            if any(value in data for value in wanted):
                return True
            carry = data[-longest:]
    return False
