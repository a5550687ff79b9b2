"""Traces of a person in a database: where their hashes, keys and words stand.

The rewriting of publications and the proof of an erasure ask the same question through this.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from orchestration.publication.content_hash import literal, quoted

_TEXTUAL = ("VARCHAR", "JSON")
# shorter words are everybody's
_FEWEST_LETTERS = 8


@dataclass(frozen=True)
class Traces:
    """What would give a person away: nodes, customer keys and text hashes; and their own words."""

    values: tuple[str, ...]
    texts: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        """A regular expression that finds any of the values; they hold no special signs."""
        return "|".join(re.escape(value) for value in self.values)

    @property
    def words(self) -> tuple[str, ...]:
        """The texts that are long enough to be nobody else's by chance."""
        return tuple(text for text in self.texts if len(text) >= _FEWEST_LETTERS)


@dataclass(frozen=True)
class TableColumns:
    """A table, and its columns that can hold a trace: name and type."""

    schema: str
    name: str
    columns: tuple[tuple[str, str], ...]

    @property
    def qualified(self) -> str:
        """`schema.table`."""
        return f"{self.schema}.{self.name}"


def keys_of(nodes: Iterable[str]) -> list[str]:
    """Every customer key that a person with these nodes can ever have had.

    A customer is named after one of their nodes (dbt's customer_key_of).
    """
    return [hashlib.md5(node.encode(), usedforsecurity=False).hexdigest()[:16] for node in nodes]


def voice_mark(voice_key: str | None) -> str:
    """What stands beside a quote of a voice in a page, so that it can be found; empty if unknown.

    A hash, since the page is sent on and a voice's key is the reference of a post.
    """
    return hashlib.sha256(voice_key.encode()).hexdigest()[:16] if voice_key else ""


def textual_tables(
    connection: duckdb.DuckDBPyConnection, database: str | None = None
) -> list[TableColumns]:
    """The tables of a database, views left out, with their textual columns (lists of text too)."""
    rows = connection.execute(
        """
        select schema_name, table_name,
            list([column_name, data_type] order by column_index) filter (
                where contains(data_type, 'VARCHAR') or data_type = 'JSON')
        from duckdb_columns() join duckdb_tables() using (database_name, schema_name, table_name)
        where database_name = coalesce($database, current_database())
        group by all order by all
        """,
        {"database": database},
    ).fetchall()
    return [
        TableColumns(schema, name, tuple((column, kind) for column, kind in columns or ()))
        for schema, name, columns in rows
    ]


def hit_sql(column: str, kind: str, pattern: str) -> str:
    """SQL that is true where a column holds a trace."""
    value = quoted(column) if kind == "VARCHAR" else f"cast({quoted(column)} as varchar)"
    return f"coalesce(regexp_matches({value}, {literal(pattern)}), false)"


def count_traces(
    connection: duckdb.DuckDBPyConnection,
    traces: Traces,
    *,
    database: str | None = None,
    left_out: frozenset[str] = frozenset(),
) -> dict[str, int]:
    """Rows that hold a trace, by table; without tables that hold none, and those of `left_out`."""
    if not traces.values:
        return {}
    found = {}
    pattern = "|".join([traces.pattern, *(re.escape(text) for text in traces.words)])
    for table in textual_tables(connection, database):
        if not table.columns or table.qualified in left_out:
            continue
        hits = " or ".join(hit_sql(column, kind, pattern) for column, kind in table.columns)
        names = [database] if database else []
        place = quoted(*names, table.schema, table.name)
        ((rows,),) = connection.execute(f"select count(*) from {place} where {hits}").fetchall()
        if rows:
            found[table.qualified] = rows
    return found
