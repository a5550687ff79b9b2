"""A table as published against the same table as just built: rows added, gone, and changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration.home.errors import KoubeiError
from orchestration.home.settings import Settings
from orchestration.publication import store
from orchestration.publication.connections import open_build
from orchestration.publication.content_hash import Column, columns_of, compared, literal, quoted


class DiffError(KoubeiError):
    """There is no such table, or nothing to compare it with."""


@dataclass(frozen=True)
class _Sides:
    """The published and the built table, as SQL, and what they share."""

    before: str
    after: str
    shared: Sequence[Column]
    key: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """What differs.

    Attributes:
        key: The key columns; empty where the model names none (rows are then compared whole).
        added, gone, changed: Counts of rows; `changed` is zero without a key.
        columns: Column name to how many rows changed in it.
        only_published, only_built: Columns on one side alone.
        added_rows, gone_rows: Samples of `key_columns` (all columns without a key).
        changed_values: Samples of (key values..., column, old, new).
    """

    table: str
    key: tuple[str, ...]
    added: int
    gone: int
    changed: int
    columns: dict[str, int]
    only_published: list[str]
    only_built: list[str]
    shown_columns: list[str]
    added_rows: list[tuple[Any, ...]]
    gone_rows: list[tuple[Any, ...]]
    changed_values: list[tuple[Any, ...]]

    @property
    def is_same(self) -> bool:
        """Whether both sides hold the same rows under the same columns."""
        counts = (self.added, self.gone, self.changed)
        return not any(counts) and not self.only_published and not self.only_built


def difference(settings: Settings, name: str, limit: int) -> Difference:
    """Compare `name` (`schema.table`, or `table` where that is enough).

    Raises:
        DiffError: No such table, or nothing is published or built yet.
        ReadError: The build file cannot be read now.
    """
    seen = store.current(settings.published_path)
    if seen is None:
        raise DiffError("nothing is published yet, so there is nothing to compare with")
    with open_build(settings) as connection:
        connection.execute(f"attach {literal(str(seen.database))} as koubei_before (read_only)")
        try:
            schema, table = _found(connection, name)
            key = tuple(seen.tables.get(f"{schema}.{table}", {}).get("key", ()))
            return _compare(connection, schema, table, key, limit)
        finally:
            connection.execute("detach koubei_before")


def _found(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[str, str]:
    schema, _, table = name.rpartition(".")
    published = connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = 'koubei_before' and schema_name <> 'meta' order by all"
    ).fetchall()
    matches = [each for each in published if each[1] == table and schema in ("", each[0])]
    if len(matches) != 1:
        known = ", ".join(".".join(each) for each in published)
        raise DiffError(f"{name}: no published table of that name; published: {known}")
    found: tuple[str, str] = matches[0]
    built = connection.execute(
        "select count(*) from information_schema.tables where table_catalog = current_database() "
        "and table_schema = ? and table_name = ?",
        list(found),
    ).fetchone()
    if not built or not built[0]:
        raise DiffError(f"{'.'.join(found)}: published, but not in the build: run koubei refresh")
    return found


def _compare(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    key: tuple[str, ...],
    limit: int,
) -> Difference:
    before, after = quoted("koubei_before", schema, table), quoted(schema, table)
    theirs = {column.name: column for column in columns_of(connection, before)}
    ours = {column.name: column for column in columns_of(connection, after)}
    shared = [ours[name] for name in theirs if name in ours]
    if not set(key) <= {column.name for column in shared}:
        key = ()
    sides = _Sides(before, after, shared, key)
    return Difference(
        table=f"{schema}.{table}",
        key=key,
        only_published=[name for name in theirs if name not in ours],
        only_built=[name for name in ours if name not in theirs],
        **(_keyed if key else _whole)(connection, sides, limit),
    )


def _keyed(connection: duckdb.DuckDBPyConnection, sides: _Sides, limit: int) -> dict[str, Any]:
    joined = " and ".join(
        f"old.{quoted(n)} is not distinct from new.{quoted(n)}" for n in sides.key
    )
    values = [column for column in sides.shared if column.name not in sides.key]
    keys = ", ".join(
        f"coalesce(old.{quoted(n)}, new.{quoted(n)}) as {quoted(n)}" for n in sides.key
    )
    moved = {
        column.name: f"{compared(column, 'old')} is distinct from {compared(column, 'new')}"
        for column in values
    }
    wide = "".join(
        f", old.{quoted(c.name)} as {quoted('old_' + c.name)}"
        f", new.{quoted(c.name)} as {quoted('new_' + c.name)}"
        for c in values
    )
    is_changed = f"({' or '.join(moved.values())})" if moved else "false"
    # one join serves the counts and the samples; rows that are the same are not kept
    connection.execute(f"""
        create or replace temp table differing as
        select {keys}, old.is_there is null as is_added, new.is_there is null as is_gone {wide}
        from (select *, true as is_there from {sides.before}) as old
        full join (select *, true as is_there from {sides.after}) as new on {joined}
        where old.is_there is null or new.is_there is null or {is_changed}
    """)
    changed = "not is_added and not is_gone"
    both = {
        column.name: f"{compared(Column('old_' + column.name, column.type))} is distinct from "
        f"{compared(Column('new_' + column.name, column.type))}"
        for column in values
    }
    counts = _one(
        connection,
        "select count(*) filter (where is_added), count(*) filter (where is_gone), "
        f"count(*) filter (where {changed})"
        + "".join(f", count(*) filter (where {changed} and {test})" for test in both.values())
        + " from differing",
    )
    named = ", ".join(quoted(name) for name in sides.key)
    values_sql = " union all ".join(
        f"select {named}, {literal(name)}, cast({quoted('old_' + name)} as varchar), "
        f"cast({quoted('new_' + name)} as varchar) from differing where {changed} and {test}"
        for name, test in both.items()
    )
    return {
        "added": counts[0],
        "gone": counts[1],
        "changed": counts[2],
        "columns": {name: n for name, n in zip(both, counts[3:], strict=True) if n},
        "shown_columns": list(sides.key),
        "added_rows": _some(connection, f"select {named} from differing where is_added", limit),
        "gone_rows": _some(connection, f"select {named} from differing where is_gone", limit),
        "changed_values": _some(connection, values_sql, limit) if both else [],
    }


def _whole(connection: duckdb.DuckDBPyConnection, sides: _Sides, limit: int) -> dict[str, Any]:
    """Without a key a changed row is one gone and one added."""
    columns = ", ".join(f"{compared(column)} as {quoted(column.name)}" for column in sides.shared)
    added = f"(select {columns} from {sides.after} except all select {columns} from {sides.before})"
    gone = f"(select {columns} from {sides.before} except all select {columns} from {sides.after})"
    return {
        "added": _one(connection, f"select count(*) from {added}")[0],
        "gone": _one(connection, f"select count(*) from {gone}")[0],
        "changed": 0,
        "columns": {},
        "shown_columns": [column.name for column in sides.shared],
        "added_rows": _some(connection, f"select * from {added}", limit),
        "gone_rows": _some(connection, f"select * from {gone}", limit),
        "changed_values": [],
    }


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    (row,) = connection.execute(sql).fetchall()
    found: tuple[Any, ...] = row
    return found


def _some(connection: duckdb.DuckDBPyConnection, sql: str, limit: int) -> list[tuple[Any, ...]]:
    return connection.execute(f"select * from ({sql}) order by all limit {int(limit)}").fetchall()
