"""PostgreSQL's own book of publications: what stands in its schemas, and since when.

A row of `koubei.swaps` is written in the transaction that swaps, so it can never say anything else
than what readers see.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from psycopg import sql

from orchestration.postgres.connection import Connection, PostgresError
from orchestration.publication.store import Published

LOG_SCHEMA = "koubei"
NEXT, PREVIOUS = "__next", "__previous"
# the copy that becomes the previous set in the swap, and the previous set that it replaces
KEPT, GONE = "__kept", "__gone"

_CREATE = f"""
create schema if not exists {LOG_SCHEMA};
create table if not exists {LOG_SCHEMA}.swaps (
    swap_number bigint generated always as identity primary key,
    publication_id text not null,
    content_hash text not null,
    as_of date not null,
    table_hashes json not null,
    row_count bigint not null,
    previous_publication_id text,
    previous_content_hash text,
    swapped_at timestamptz not null default pg_catalog.clock_timestamp()
);
comment on schema {LOG_SCHEMA} is 'Koubei 自用的账本；Koubei''s own book';
comment on table {LOG_SCHEMA}.swaps is
    '每次切换一行，最后一行是现在；One row per swap, the last is what stands';
"""


@dataclass(frozen=True)
class Mark:
    """Which content a publication has: an erasure changes it under the same id."""

    publication_id: str
    content_hash: str


@dataclass(frozen=True)
class LiveState:
    """What stands in PostgreSQL: the live set, the one before, and hashes of the live tables."""

    live: Mark | None = None
    previous: Mark | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    swapped_at: datetime | None = None

    @property
    def schemas(self) -> set[str]:
        """The schemas of the live set."""
        return schemas_of(self.hashes)


def mark_of(published: Published) -> Mark:
    """The mark of a publication of the home."""
    return Mark(published.publication_id, published.manifest["content_hash"])


def schemas_of(tables: Iterable[str]) -> set[str]:
    """The schemas of `schema.table` names."""
    return {name.partition(".")[0] for name in tables}


def place(name: str, ending: str = "") -> sql.Identifier:
    """`schema.table` as SQL, in the schema with that ending."""
    schema, _, table = name.partition(".")
    return sql.Identifier(schema + ending, table)


def create_log(connection: Connection) -> None:
    """Make the book where it is missing."""
    connection.execute(_CREATE)


def live_state(connection: Connection) -> LiveState:
    """What stands; nothing where the book or what it tells of is missing.

    A set that somebody has taken tables from is not known any more, and is made whole anew.
    """
    if f"{LOG_SCHEMA}.swaps" not in relations(connection, {LOG_SCHEMA}):
        return LiveState()
    rows = connection.execute(
        "select publication_id, content_hash, previous_publication_id, previous_content_hash, "
        f"table_hashes, swapped_at from {LOG_SCHEMA}.swaps order by swap_number desc limit 1"
    ).fetchall()
    if not rows:
        return LiveState()
    name, content, before, content_before, hashes, swapped_at = rows[0]
    there = relations(connection, schemas_of(hashes))
    is_whole = set(hashes) <= set(there)
    return LiveState(
        Mark(name, content) if is_whole else None,
        Mark(before, content_before) if before else None,
        {table: content_hash for table, content_hash in hashes.items() if table in there},
        swapped_at,
    )


def relations(connection: Connection, schemas: Iterable[str]) -> dict[str, str]:
    """`schema.table` to its kind: tables, views, materialised views and their like."""
    rows = connection.execute(
        "select n.nspname || '.' || c.relname, c.relkind from pg_catalog.pg_class c "
        "join pg_catalog.pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = any(%s) and c.relkind in ('r', 'v', 'm', 'p', 'f') order by 1",
        [sorted(schemas)],
    ).fetchall()
    return dict(rows)


def require_ours(connection: Connection, known: LiveState, wanted: Iterable[str]) -> None:
    """Refuse to write to what is not Koubei's.

    Raises:
        PostgresError: A name that is to be published is taken.
    """
    there = relations(connection, schemas_of(wanted))
    taken = sorted(name for name in wanted if name in there and name not in known.hashes)
    if taken:
        names = ", ".join(taken[:3]) + (" ..." if len(taken) > 3 else "")
        raise PostgresError(
            f"PostgreSQL: {names} is there already and was not made by Koubei: move it to another "
            "schema, or give Koubei a database of its own"
        )


def record(connection: Connection, published: Published, previous: Mark | None) -> None:
    """Write down a swap; called in its transaction."""
    mark = mark_of(published)
    connection.execute(
        f"insert into {LOG_SCHEMA}.swaps (publication_id, content_hash, as_of, table_hashes, "
        "row_count, previous_publication_id, previous_content_hash) "
        "values (%s, %s, %s, %s, %s, %s, %s)",
        [
            mark.publication_id,
            mark.content_hash,
            published.as_of,
            json.dumps(hashes_of(published)),
            sum(table["rows"] for table in published.tables.values()),
            previous.publication_id if previous else None,
            previous.content_hash if previous else None,
        ],
    )


def hashes_of(published: Published) -> dict[str, str]:
    """`schema.table` to the hash of its content."""
    return {name: table["content_hash"] for name, table in published.tables.items()}


def delete_previous(connection: Connection) -> None:
    """Write down that the set before the live one has gone."""
    connection.execute(
        f"update {LOG_SCHEMA}.swaps set previous_publication_id = null, "
        "previous_content_hash = null "
        f"where swap_number = (select max(swap_number) from {LOG_SCHEMA}.swaps)"
    )
