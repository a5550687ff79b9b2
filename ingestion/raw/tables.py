"""What a table of the `raw` schema is: its columns, with label and meaning in both languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RawColumn:
    """One column of a raw table: DuckDB type, and what it means in both languages."""

    name: str
    type: str
    label_zh: str
    description: str


@dataclass(frozen=True)
class RawTable:
    """One table of the raw schema."""

    name: str
    label_zh: str
    description: str
    columns: tuple[RawColumn, ...]


def columns(*rows: tuple[str, str, str, str]) -> tuple[RawColumn, ...]:
    """Return columns from rows of (name, type, label_zh, description)."""
    return tuple(RawColumn(*row) for row in rows)
