"""The interface that analysts rely on: which tables are published, their keys, columns and types.

`dbt_project/interface.yml` is the promise, in git beside the models. What the project would publish
is compared with it: more is welcome and is recorded; less, or something else under the same name,
is a break, and needs a version of the model whose former one stays published for a time.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from ingestion.contracts.feeds import load_feeds
from ingestion.raw.schema import create_raw_schema
from orchestration.dbt.short_entries import read_yml
from orchestration.dbt.yaml_entries import Project
from orchestration.publication import ledger
from orchestration.publication.content_hash import columns_of
from orchestration.publication.dictionary import write_dictionary
from orchestration.publication.meta_tables import META_TABLES, prepare

FILE = "interface.yml"
SHORTEST_NOTICE = timedelta(days=30)
"""How long the former version of a table is published at least, from the day of the break."""

_HEADER = """\
# The published interface: what analysts' queries and BI tools rely on. Written by `make interface`;
# tests compare it with the models. What is added is recorded by writing it again. A column or table
# that goes, is renamed or changes its type, or another key, is refused unless a model is versioned
# (see docs/decisions/publication.md): readers are given the old version beside the new one until
# its deprecated_on.
"""


@dataclass(frozen=True)
class Shape:
    """What is promised of one table.

    Attributes:
        key: The columns of which no two rows share all values.
        grain: What one row is, in words; no promise hangs on it.
        columns: Column name to its type, as readers of DuckDB see it.
        version: The version of the model; None before there was a second one.
        deprecated_on: For a former version, the day from which it may go.
    """

    key: tuple[str, ...]
    grain: str
    columns: Mapping[str, str]
    version: int | None = None
    deprecated_on: date | None = None


Interface = Mapping[str, Shape]
"""`schema.table` to its shape."""


def interface_of(project: Project) -> dict[str, Shape]:
    """What the project as it stands would publish, `meta` included."""
    shapes = {
        entry.qualified: Shape(
            key=tuple(_listed(entry.meta.get("key"))),
            grain=entry.grain,
            columns={
                name: _type(str(column.get("data_type"))) for name, column in entry.columns.items()
            },
            version=entry.version,
            deprecated_on=entry.deprecated_on,
        )
        for entry in project.published
    }
    return dict(sorted({**shapes, **_of_meta()}.items()))


def recorded_interface(project: Path) -> dict[str, Shape]:
    """The promise as it is checked in; nothing is promised where there is no file yet."""
    path = project / FILE
    if not path.exists():
        return {}
    return {
        table: Shape(
            key=tuple(shape["key"]),
            grain=shape.get("grain", ""),
            columns=shape["columns"],
            version=shape.get("version"),
            deprecated_on=shape.get("deprecated_on"),
        )
        for table, shape in read_yml(path).items()
    }


def as_text(interface: Interface) -> str:
    """The file: sorted by table, columns in their order, so that a diff shows what changed."""
    text = io.StringIO()
    text.write(_HEADER)
    for table, shape in sorted(interface.items()):
        entry: dict[str, Any] = {"key": list(shape.key), "grain": shape.grain}
        if shape.version is not None:
            entry["version"] = shape.version
        if shape.deprecated_on is not None:
            entry["deprecated_on"] = shape.deprecated_on
        entry["columns"] = dict(shape.columns)
        text.write(f"{table}:\n")
        for name, value in entry.items():
            line = yaml.safe_dump(
                value, default_flow_style=True, allow_unicode=True, width=10_000, sort_keys=False
            )
            text.write(f"  {name}: {line.removesuffix('...' + chr(10)).strip()}\n")
    return text.getvalue()


def breaks(recorded: Interface, now: Interface, today: date) -> list[str]:
    """What readers would lose, one line each; empty when every promise is kept.

    Args:
        recorded: The promise.
        now: What would be published.
        today: The day of the change, from which notice is counted.
    """
    return [
        line
        for table, shape in sorted(recorded.items())
        for line in _broken(table, shape, now, today)
    ]


def additions(recorded: Interface, now: Interface) -> list[str]:
    """What is published and not yet promised, or described otherwise, one line each."""
    lines = []
    for table, shape in sorted(now.items()):
        before = recorded.get(table)
        if before is None:
            lines.append(f"{table}: a new table")
            continue
        lines += [
            f"{table}.{name}: a new column" for name in shape.columns if name not in before.columns
        ]
        if list(before.columns) != list(shape.columns) and set(before.columns) == set(
            shape.columns
        ):
            lines.append(f"{table}: its columns stand in another order")
        if before.grain != shape.grain:
            lines.append(f"{table}: its grain reads otherwise")
        if (before.version, before.deprecated_on) != (shape.version, shape.deprecated_on):
            lines.append(f"{table}: another version, or its day of deprecation")
    return lines


def _broken(table: str, promised: Shape, now: Interface, today: date) -> Iterator[str]:
    shape = now.get(table)
    if shape is None:
        if promised.deprecated_on is None:
            yield f"{table}: the table was removed or renamed"
        elif promised.deprecated_on > today:
            yield f"{table}: removed before {promised.deprecated_on}, until which it was promised"
        return
    changes = list(_changes(table, promised, shape))
    if not changes:
        return
    if (shape.version or 1) <= (promised.version or 1):
        yield from changes
        return
    kept = f"{table}_v{promised.version or 1}"
    former = now.get(kept)
    if former is None or list(_changes(kept, promised, former)):
        yield from changes
        yield (
            f"{table}: version {shape.version} breaks it, so {kept} must be published with the "
            f"columns, types and key of version {promised.version or 1}"
        )
    elif former.deprecated_on is None or former.deprecated_on < today + SHORTEST_NOTICE:
        yield (
            f"{kept}: its deprecation_date must be set and not before {today + SHORTEST_NOTICE}, "
            "so that readers have time"
        )


def _changes(table: str, promised: Shape, shape: Shape) -> Iterator[str]:
    for name, kind in promised.columns.items():
        if name not in shape.columns:
            yield f"{table}.{name}: the column was removed or renamed"
        elif shape.columns[name] != kind:
            yield f"{table}.{name}: its type was {kind} and is {shape.columns[name]}"
    if promised.key != shape.key:
        yield f"{table}: its key was {', '.join(promised.key)} and is {', '.join(shape.key)}"


@cache
def _type(contract: str) -> str:
    """A contract's type by its name in DuckDB: string is VARCHAR."""
    return str(duckdb.sqltype("varchar" if contract == "string" else contract))


def _listed(key: str | Sequence[str] | None) -> Sequence[str]:
    return [key] if isinstance(key, str) else key or ()


@cache
def _of_meta() -> Mapping[str, Shape]:
    """The tables of schema `meta`: their types are those of the empty tables they are read from."""
    with duckdb.connect() as connection:
        create_raw_schema(connection, load_feeds())
        ledger.create_ledger(connection)
        prepare(connection, "", date(2000, 1, 1))
        write_dictionary(connection, [])
        return {
            table.qualified: Shape(
                table.key,
                table.grain,
                {each.name: each.type for each in columns_of(connection, f"({table.select})")},
            )
            for table in META_TABLES
        }
