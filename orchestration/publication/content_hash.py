"""Whether two tables hold the same rows: a hash that the order of rows does not move.

The hash decides whether there is anything new to publish, and proves that what was written is
what was built.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Column:
    """A column of a table as the database knows it."""

    name: str
    type: str


@dataclass(frozen=True)
class Content:
    """How many rows a table has, and the hash of what they say."""

    rows: int
    content_hash: str


def quoted(*names: str) -> str:
    """SQL identifiers joined by dots, each quoted: `"reviews"."fct_voices"`."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def literal(text: str) -> str:
    """A SQL string literal, for the few statements that take no parameters (ATTACH, COMMENT)."""
    return "'" + text.replace("'", "''") + "'"


def columns_of(
    connection: duckdb.DuckDBPyConnection, relation: str, skip: Sequence[str] = ()
) -> list[Column]:
    """Names and types of a table, view or subquery, in order, without those in `skip`."""
    described = connection.execute(f"describe select * from {relation}").fetchall()
    return [Column(name, kind) for name, kind, *_ in described if name not in skip]


def compared(column: Column, alias: str = "") -> str:
    """The SQL expression under which two values of a column count as the same.

    The last bits of a double's sum depend on which thread added first, so that two builds of the
    same data may differ in them. Seven digits are kept; money is decimal and compared exactly.
    """
    name = f"{alias}.{quoted(column.name)}" if alias else quoted(column.name)
    return f"cast({name} as float)" if column.type == "DOUBLE" else name


def hash_table(
    connection: duckdb.DuckDBPyConnection, relation: str, skip: Sequence[str] = ()
) -> Content:
    """Count and hash the rows of `relation` (a table, view or subquery), whatever their order.

    Each row is hashed over its columns in order; the sum of these does not depend on the order of
    rows, and sees a row that stands twice. Names and types of the columns are part of the hash.
    """
    columns = columns_of(connection, relation, skip)
    row_hash = f"hash({', '.join(compared(column) for column in columns)})"
    row = connection.execute(
        f"select count(*), sum(cast({row_hash} as hugeint)) from {relation}"
    ).fetchone()
    assert row is not None
    described = json.dumps(
        [[[column.name, column.type] for column in columns], *map(str, row)], ensure_ascii=False
    )
    return Content(rows=row[0], content_hash=hashlib.sha256(described.encode()).hexdigest())


def combine_hashes(parts: Mapping[str, str]) -> str:
    """One hash for a whole publication from the hashes of its parts, by name."""
    described = json.dumps(sorted(parts.items()), ensure_ascii=False)
    return hashlib.sha256(described.encode()).hexdigest()
