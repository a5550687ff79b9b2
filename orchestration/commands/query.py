"""`koubei query`: SQL on the published set, read-only."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any

import duckdb
import typer

from orchestration.home.errors import KoubeiError, one_line
from orchestration.home.settings import load_settings
from orchestration.publication.connections import open_published
from orchestration.terminal.tables import console, table

_BATCH = 10_000


class QueryError(KoubeiError):
    """The SQL is wrong, or would change or read what it may not."""


def query(
    sql: Annotated[str, typer.Argument(help="SQL; tables are named schema.table.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="Print all rows as CSV.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all rows as JSON.")] = False,
    limit: Annotated[
        int, typer.Option(min=1, help="Rows shown as a table; --csv and --json give all.")
    ] = 100,
) -> None:
    """Ask the published set; the build in progress is never read."""
    if as_csv and as_json:
        raise QueryError("--csv and --json exclude each other: give one of them")
    with open_published(load_settings()) as connection:
        try:
            cursor: duckdb.DuckDBPyConnection | None = connection.execute(sql)
            if cursor is None or cursor.description is None:
                raise QueryError('no statement was given: try "from meta.dictionary"')
            names = [column[0] for column in cursor.description]
            if as_csv:
                writer = csv.writer(sys.stdout, lineterminator="\n")
                writer.writerow(names)
                for batch in _batches(cursor):
                    writer.writerows(batch)
            elif as_json:
                _print_json(names, cursor)
            else:
                _print_table(names, cursor, limit)
        except duckdb.CatalogException as error:
            raise QueryError(
                f"{one_line(error).rstrip('.')}; published tables alone can be queried: "
                'koubei query "select * from meta.dictionary" lists them'
            ) from None
        except duckdb.Error as error:
            raise QueryError(one_line(error)) from None


def _batches(cursor: duckdb.DuckDBPyConnection) -> Iterator[list[tuple[Any, ...]]]:
    while rows := cursor.fetchmany(_BATCH):
        yield rows


def _print_json(names: list[str], cursor: duckdb.DuckDBPyConnection) -> None:
    separator = "["
    for batch in _batches(cursor):
        for row in batch:
            record = dict(zip(names, row, strict=True))
            sys.stdout.write(f"{separator}{json.dumps(record, ensure_ascii=False, default=_plain)}")
            separator = ",\n "
    sys.stdout.write("[]\n" if separator == "[" else "]\n")


def _print_table(names: list[str], cursor: duckdb.DuckDBPyConnection, limit: int) -> None:
    rows = cursor.fetchmany(limit + 1)
    out = console()
    out.print(table(None, [("", name) for name in names], rows[:limit]))
    if len(rows) > limit:
        out.print(f"前 {limit:,} 行 the first {limit:,} rows: --limit N, --csv or --json give more")


def _plain(value: object) -> float | str:
    match value:
        case Decimal():
            # money has two digits, which a double holds exactly enough to print back
            return float(value)
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            return str(value)
