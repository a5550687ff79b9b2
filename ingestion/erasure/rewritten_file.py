"""An original without the people who were erased from it: the same file in the same format.

Rows that were the person are left out, in other rows what names them is replaced by a mark that
landing understands, and whatever the contract does not use goes as well, since its content is
unknown. Lines that cannot be read are left out: they cannot be searched.
"""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Sequence
from pathlib import Path

import duckdb
import xlsxwriter

from ingestion.contracts.feeds import Feed
from ingestion.contracts.models import Export, Files
from ingestion.contracts.parsers import literal
from ingestion.erasure.suppression_filter import ERASED_ROWS
from ingestion.files.readers import SOURCE_TABLE
from ingestion.rows.mapping import MappedFeed

_CHUNK = 4 * 1024 * 1024


def write_rewritten(
    connection: duckdb.DuckDBPyConnection,
    export: Export,
    headers: Sequence[str],
    mapped_feeds: Sequence[MappedFeed],
    to: Path,
) -> None:
    """Write the source table without the rows and cells that `ERASED_ROWS` names.

    `mapped_feeds` are those of the file's feeds. Leaves `to` complete, or raises and leaves none.
    """
    columns = {header: f"c{index}" for index, header in enumerate(headers)}
    values = {column: [f"source.{column}"] for column in columns.values()}
    joins = []
    for mapped in mapped_feeds:
        feed, alias = mapped.feed, f"of_{mapped.feed.name}"
        joins.append(
            f"left join (select row_id, min(mark) as mark from {ERASED_ROWS} "
            f"where feed = {literal(feed.name)} group by row_id) as {alias} "
            f"on source.rowid = {alias}.row_id"
        )
        named = {mapped.sources[n] for n in feed.identifiers if n in mapped.sources}
        kept = {mapped.sources[n] for n in _harmless(feed) if n in mapped.sources}
        for column, steps in values.items():
            if column in named:
                steps.append(f"when {alias}.mark is not null then {alias}.mark")
            elif column not in kept and not _is_kept_elsewhere(column, mapped_feeds, feed):
                steps.append(f"when {alias}.mark is not null then null")
    selected = ", ".join(
        f"{_case(steps)} as {_quoted(header)}"
        for header, steps in zip(headers, values.values(), strict=True)
    )
    query = (
        f"select {selected} from {SOURCE_TABLE} as source {' '.join(joins)} where source.rowid "
        f"not in (select row_id from {ERASED_ROWS} where is_deleted) order by source.rowid"
    )
    try:
        _write(connection, query, export.files, to)
    except BaseException:
        to.unlink(missing_ok=True)
        raise


def _harmless(feed: Feed) -> list[str]:
    """Columns that stay in a row that names nobody."""
    return [
        column.name
        for column in feed.columns.values()
        if column.identifier is None and column.type != "text" and column.name != "invite_code"
    ]


def _is_kept_elsewhere(column: str, mapped_feeds: Sequence[MappedFeed], feed: Feed) -> bool:
    """Whether another feed of the file, which names nobody, is filled by the column."""
    return any(
        column in other.sources.values()
        for other in mapped_feeds
        if other.feed.name != feed.name and other.feed.erasure == "keep"
    )


def _case(steps: Sequence[str]) -> str:
    value, *cases = steps
    return f"case {' '.join(cases)} else {value} end" if cases else value


def _quoted(header: str) -> str:
    return '"' + header.replace('"', '""') + '"'


def _write(connection: duckdb.DuckDBPyConnection, query: str, files: Files, to: Path) -> None:
    if files.format == "xlsx":
        _write_xlsx(connection, query, files.sheet, to)
        return
    if files.format == "parquet":
        connection.execute(f"copy ({query}) to {literal(str(to))} (format parquet)")
        return
    plain = to.with_name(f"{to.name}.plain")
    how = (
        f"format csv, header true, delimiter {literal(files.delimiter)}, quote '\"', escape '\"'"
        if files.format == "csv"
        else "format json"
    )
    try:
        connection.execute(f"copy ({query}) to {literal(str(plain))} ({how})")
        _encode(plain, files, to)
    finally:
        plain.unlink(missing_ok=True)


def _encode(plain: Path, files: Files, to: Path) -> None:
    """Write UTF-8 in the export's own encoding and compression."""
    encoder = codecs.getincrementalencoder(files.encoding)()
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_packed = files.compression == "gzip"
    with plain.open("rb") as source, (gzip.open if is_packed else open)(to, "wb") as target:
        while chunk := source.read(_CHUNK):
            target.write(encoder.encode(decoder.decode(chunk)))
        target.write(encoder.encode(decoder.decode(b"", True), True))


def _write_xlsx(
    connection: duckdb.DuckDBPyConnection, query: str, sheet: str | None, to: Path
) -> None:
    rows = connection.execute(query)
    book = xlsxwriter.Workbook(str(to), {"constant_memory": True, "strings_to_urls": False})
    page = book.add_worksheet(sheet)
    page.write_row(0, 0, [column[0] for column in rows.description or ()])
    for number, row in enumerate(rows.fetchall(), start=1):
        page.write_row(number, 0, list(row))
    book.close()
