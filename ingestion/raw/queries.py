"""One value from a query, read to its end so that the connection is free again."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb


def one_value(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, object] | None = None
) -> object:
    """Return the first value of the first row, or None where there is no row."""
    rows = connection.execute(sql, parameters).fetchall()
    return rows[0][0] if rows else None


def one_count(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, object] | None = None
) -> int:
    """Return the first value as a count; 0 where there is none."""
    value = one_value(connection, sql, parameters)
    return int(str(value)) if value is not None else 0
