"""Loading tables of a publication into schemas of their own, `reviews__next`, and proving them.

Rows travel as CSV from DuckDB into COPY as bytes, and back in blocks to be compared with the
manifest; Python never sees one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
from psycopg import sql

from orchestration.postgres.connection import Connection, PostgresError, transaction
from orchestration.postgres.schema import TableSpec
from orchestration.postgres.swap_log import NEXT, schemas_of
from orchestration.postgres.types import ColumnMapping
from orchestration.publication.content_hash import hash_table, literal, quoted
from orchestration.terminal.progress import ProgressReporter

STAGE = "postgres"
_CHUNK = 1 << 20
# rows of a table that come back as one value: the server sends each row of a COPY by itself
_LINES = 5_000


def load(
    connection: Connection,
    source: duckdb.DuckDBPyConnection,
    tables: Sequence[TableSpec],
    work: Path,
    progress: ProgressReporter,
) -> None:
    """Load tables beside what readers see.

    Args:
        connection: To PostgreSQL, the only publisher.
        source: The publication's file.
        tables: Those that differ from what stands.
        work: A folder for the file of one table.
        progress: Updated after each table.

    Raises:
        PostgresError: What was read back is not what the manifest says.
    """
    work.mkdir(parents=True, exist_ok=True)
    for schema in sorted(schemas_of(table.name for table in tables)):
        connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema + NEXT)))
    for number, table in enumerate(tables):
        progress.update(STAGE, number, len(tables), table.name)
        with _file(work) as path:
            _load(connection, source, table, path)
            _require_equal(connection, source, table, path)
    progress.update(STAGE, len(tables), len(tables))


@contextmanager
def _file(work: Path) -> Iterator[Path]:
    path = work / "postgres.csv"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _load(
    connection: Connection, source: duckdb.DuckDBPyConnection, table: TableSpec, path: Path
) -> None:
    """Make one table with its rows and its key, in one transaction."""
    columns = [*table.columns, *table.own]
    sent = ", ".join(f"{each.sent} as {quoted(each.name)}" for each in columns)
    quotes = ", ".join(quoted(each.name) for each in columns if each.is_text)
    source.execute(
        f"copy (select {sent} from {table.source}) to {literal(str(path))} "
        f"(format csv, header false, nullstr ''{f', force_quote ({quotes})' if quotes else ''})"
    )
    defined = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(each.name), sql.SQL(each.type)) for each in columns
    )
    with transaction(connection):
        # it is a copy of what the home has, so its rows need no log of their own
        connection.execute(sql.SQL("create unlogged table {} ({})").format(table.target, defined))
        copying = sql.SQL("copy {} from stdin (format csv, null '', freeze)").format(table.target)
        with connection.cursor() as cursor, cursor.copy(copying) as copy, path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                copy.write(chunk)
        if _has_key(source, table):
            key = sql.SQL(", ").join(map(sql.Identifier, table.key))
            connection.execute(
                sql.SQL("alter table {} add primary key ({})").format(table.target, key)
            )
        connection.execute(sql.SQL("analyze {}").format(table.target))


def _has_key(source: duckdb.DuckDBPyConnection, table: TableSpec) -> bool:
    """Whether the model's key can be a primary key: no null in it, and no row twice."""
    if not table.key:
        return False
    names = [quoted(name) for name in table.key]
    missing = " or ".join(f"{name} is null" for name in names)
    ((nulls, repeated),) = source.execute(
        f"select count(*) filter (where {missing}), "
        f"count(*) - count(distinct ({', '.join(names)})) from {table.source}"
    ).fetchall()
    return not nulls and not repeated


def _require_equal(
    connection: Connection, source: duckdb.DuckDBPyConnection, table: TableSpec, path: Path
) -> None:
    """Read the table back and compare it with the manifest: count, and hash of all values.

    Raises:
        PostgresError: They differ.
    """
    lines = sql.SQL(
        "select pg_catalog.string_agg(line, E'\\n') || E'\\n' from (select {} as line, "
        "pg_catalog.row_number() over () / {} as chunk from {}) as said group by chunk"
    ).format(sql.SQL(_line(table.columns)), sql.Literal(_LINES), table.target)
    with (
        connection.transaction(),
        connection.cursor("koubei_read_back") as cursor,
        path.open("wb") as file,
    ):
        cursor.itersize = 4
        cursor.execute(lines)
        file.writelines(chunk.encode() for (chunk,) in cursor)
    types = ", ".join(f"{literal(each.name)}: {literal(each.read_as)}" for each in table.columns)
    back = (
        f"read_csv({literal(str(path))}, columns = {{{types}}}, header = false, nullstr = '', "
        "allow_quoted_nulls = false, delim = ',', quote = '\"', escape = '\"', "
        "auto_detect = false, max_line_size = 67108864)"
    )
    found = hash_table(source, back)
    if (found.rows, found.content_hash) == (table.rows, table.content_hash):
        return
    # types that PostgreSQL has not, or a publication of another DuckDB, whose hash may differ
    compared = ", ".join(f"{each.compared} as {quoted(each.name)}" for each in table.columns)
    sent = hash_table(source, f"(select {compared} from {table.source})")
    if found.rows != table.rows or found != sent:
        raise PostgresError(
            f"PostgreSQL: {table.name} came back with {found.rows} rows where {table.rows} were "
            "sent, or with other values; readers there see what they saw before"
        )


def _line(columns: Sequence[ColumnMapping]) -> str:
    """SQL of PostgreSQL for a row as a line of CSV: `concat` takes null for an empty field."""
    fields = [
        f"'\"' || pg_catalog.replace({each.read}, '\"', '\"\"') || '\"'"
        if each.read_as == "VARCHAR"
        else each.read
        for each in columns
    ]
    # a function takes a hundred arguments at most
    parts = [
        "pg_catalog.concat(" + ", ',', ".join(fields[first : first + 40]) + ")"
        for first in range(0, len(fields), 40)
    ]
    return " || ',' || ".join(parts)
