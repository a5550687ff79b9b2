"""Tables of the report: rows of a query by name, and how dark a cell of a heat table is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb


def rows_of(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] = ()
) -> list[dict[str, Any]]:
    """The rows of a query, each by the names of its columns."""
    cursor = connection.execute(sql, list(parameters))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def shade(value: float, largest: float) -> float:
    """How dark a cell is, 0 to .6: darker would swallow the number on it."""
    return round(0.6 * max(float(value), 0.0) / float(largest), 3) if largest > 0 else 0.0
