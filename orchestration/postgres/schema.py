"""What a table of PostgreSQL is to be: columns, key, indexes and comments, from the publication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
from psycopg import sql

from orchestration.postgres.connection import Connection
from orchestration.postgres.swap_log import NEXT, place
from orchestration.postgres.types import ColumnMapping, column_mapping
from orchestration.publication.content_hash import columns_of, literal, quoted
from orchestration.publication.store import Published

# a smaller table is read faster than an index of it
INDEX_ROWS = 5_000
_INDEXED_ENDINGS = ("_key", "_date", "_at", "_on", "_start")
_PUBLICATIONS = "meta.publications"
_IS_CURRENT = "is_current"
_IS_CURRENT_COMMENT = "是否本库现在的发布；Whether it is the publication that stands here"

_COMMENTS = """
select n.nspname || '.' || c.relname, coalesce(a.attname, ''), d.description
from pg_catalog.pg_description d
join pg_catalog.pg_class c on c.oid = d.objoid and d.classoid = 'pg_catalog.pg_class'::regclass
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid and a.attnum > 0
where n.nspname = any(%s)
"""
_INDEXED = """
select n.nspname || '.' || c.relname, a.attname
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
where n.nspname = any(%s)
"""


@dataclass(frozen=True)
class TableSpec:
    """A table of the publication: what the manifest and the file say of it.

    Attributes:
        own: Columns that only PostgreSQL has, after the others.
        comments: Column name to comment; the table's own under ''.
    """

    name: str
    key: tuple[str, ...]
    rows: int
    content_hash: str
    columns: tuple[ColumnMapping, ...]
    own: tuple[ColumnMapping, ...]
    comments: dict[str, str]

    @property
    def source(self) -> str:
        """Its name in DuckDB."""
        return quoted(*self.name.split(".", 1))

    @property
    def target(self) -> sql.Identifier:
        """Where it is loaded."""
        return place(self.name, NEXT)

    @property
    def indexed(self) -> list[str]:
        """Columns that readers join and filter by, which get an index each."""
        if self.rows < INDEX_ROWS:
            return []
        return [
            column.name
            for column in self.columns
            if column.name.endswith(_INDEXED_ENDINGS) and column.name not in self.key[:1]
        ]


def table_specs(source: duckdb.DuckDBPyConnection, published: Published) -> list[TableSpec]:
    """Every table of a publication, whose file is open as `source`."""
    said: dict[str, dict[str, str]] = {}
    for name, column, comment in source.execute(
        "select schema_name || '.' || table_name, '', comment from duckdb_tables() "
        "where comment is not null union all "
        "select schema_name || '.' || table_name, column_name, comment from duckdb_columns() "
        "where comment is not null"
    ).fetchall():
        said.setdefault(name, {})[column] = comment
    found = []
    for name, entry in sorted(published.tables.items()):
        columns = columns_of(source, quoted(*name.split(".", 1)))
        own: tuple[ColumnMapping, ...] = ()
        comments = dict(said.get(name, {}))
        if name == _PUBLICATIONS:
            own = (_is_current(published),)
            comments[_IS_CURRENT] = _IS_CURRENT_COMMENT
        found.append(
            TableSpec(
                name=name,
                key=tuple(entry.get("key", ())),
                rows=entry["rows"],
                content_hash=entry["content_hash"],
                columns=tuple(map(column_mapping, columns)),
                own=own,
                comments=comments,
            )
        )
    return found


def _is_current(published: Published) -> ColumnMapping:
    is_it = (
        "coalesce(verdict = 'published' and publication_id = "
        f"{literal(published.publication_id)}, false)"
    )
    return ColumnMapping(_IS_CURRENT, "boolean", is_it, is_it, _IS_CURRENT, "BOOLEAN")


def put_comments(connection: Connection, tables: Sequence[TableSpec]) -> None:
    """Write the comments that differ from what stands."""
    schemas = sorted({table.name.partition(".")[0] for table in tables})
    stands = {
        (name, column): comment
        for name, column, comment in connection.execute(_COMMENTS, [schemas]).fetchall()
    }
    said = [
        sql.SQL("comment on {} is {}").format(
            sql.SQL("column {}").format(sql.Identifier(*table.name.split(".", 1), column))
            if column
            else sql.SQL("table {}").format(place(table.name)),
            sql.Literal(comment),
        )
        for table in tables
        for column, comment in table.comments.items()
        if stands.get((table.name, column)) != comment
    ]
    if said:
        connection.execute(sql.SQL("; ").join(said))


def put_indexes(connection: Connection, tables: Sequence[TableSpec]) -> None:
    """Make the indexes that are missing; making one keeps no reader waiting."""
    schemas = sorted({table.name.partition(".")[0] for table in tables})
    stands = set(connection.execute(_INDEXED, [schemas]).fetchall())
    for table in tables:
        for column in table.indexed:
            if (table.name, column) not in stands:
                connection.execute(
                    sql.SQL("create index on {} ({})").format(
                        place(table.name), sql.Identifier(column)
                    )
                )
