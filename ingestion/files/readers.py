"""Files of every format as one table of texts, `landing_source`: a column per header, in order.

Row order is file order (`rowid`). Records that cannot be read come back as faults with their
line; what the texts mean is `rows.mapping`'s matter.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import fastexcel
import numpy as np
from numpy.typing import NDArray

from ingestion.contracts.models import Export
from ingestion.contracts.parsers import clean, literal
from ingestion.files.csv_lines import Fault, LineCountMismatchError, lines_at, start_lines
from ingestion.files.decoding import TextFile, decode, open_text
from ingestion.files.refusals import RefusedFileError
from ingestion.raw.queries import one_count

SOURCE_TABLE = "landing_source"

# a text is never cut off: this is the longest line that is read
_MAX_LINE_BYTES = 16 * 1024 * 1024
# what one thread reads at a time; left to itself DuckDB takes sixteen of the longest lines
_BUFFER_BYTES = 2 * _MAX_LINE_BYTES


@dataclass
class Source:
    """What a file holds: headers of the columns `c0..cn` of the source table, and its faults."""

    headers: list[str]
    row_count: int
    faults: list[Fault] = field(default_factory=list)
    # headers that JSON objects may leave out and all of these did
    absent: frozenset[str] = frozenset()
    # the file line of each row, by rowid; asked for only where rows are rejected
    lines: Callable[[], NDArray[np.int64]] = field(default=lambda: np.empty(0, dtype=np.int64))


def read_source(
    connection: duckdb.DuckDBPyConnection, path: Path, export: Export, work_dir: Path, edit: str
) -> Source:
    """Fill the temp table `landing_source` from a local file.

    `edit` names the contract, for messages.

    Raises:
        RefusedFileError: the file is not what the contract declares.
    """
    files = export.files
    if files.format == "csv":
        return _read_csv(connection, decode(path, files, work_dir, edit), files.delimiter, edit)
    if files.format == "jsonl":
        return _read_jsonl(connection, decode(path, files, work_dir, edit), export)
    if files.format == "xlsx":
        return _read_xlsx(connection, path, files.sheet, edit)
    return _read_parquet(connection, path)


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    return one_count(connection, f"select count(*) from {SOURCE_TABLE}")


def _trim_headers(headers: Sequence[str]) -> list[str]:
    return [header.strip().strip("\ufeff").strip() for header in headers]


# --- CSV ---------------------------------------------------------------------------------------


def _read_csv(
    connection: duckdb.DuckDBPyConnection, text: TextFile, delimiter: str, edit: str
) -> Source:
    headers, header_span = _csv_header(text.path, delimiter)
    columns = ", ".join(f"'c{index}': 'varchar'" for index in range(len(headers)))
    for table in ("landing_faults", "landing_scans"):
        connection.execute(f"drop table if exists {table}")
    try:
        connection.execute(
            f"create or replace temp table {SOURCE_TABLE} as select * from read_csv($path, "
            f"auto_detect = false, header = true, columns = {{{columns}}}, "
            f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', strict_mode = true, "
            "store_rejects = true, rejects_table = 'landing_faults', "
            "rejects_scan = 'landing_scans', rejects_limit = 0, "
            f"rejects_line_size_limit = {_MAX_LINE_BYTES}, max_line_size = {_MAX_LINE_BYTES}, "
            f"buffer_size = {_BUFFER_BYTES})",
            {"path": str(text.path)},
        )
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        first = str(error).splitlines()[0]
        raise RefusedFileError(
            f"not readable as CSV ({first}); check delimiter in {edit}, or deliver it again"
        ) from error
    faults = _csv_faults(connection, text.path)
    source = Source(headers=headers, row_count=_count(connection), faults=faults)
    spanned = header_span + source.row_count + sum(fault.span for fault in faults)

    def lines() -> NDArray[np.int64]:
        # the usual file has one line a record, and then nothing needs counting
        spans = (
            np.ones(source.row_count, dtype=np.int64)
            if spanned == text.line_count
            else _spans(connection, len(headers))
        )
        return start_lines(spans, header_span, faults, text.path, text.line_count)

    source.lines = lines
    if spanned != text.line_count:
        try:
            lines()
        except LineCountMismatchError as error:
            raise RefusedFileError(
                f"{text.line_count} lines were delivered and only part of them can be read as "
                "records; a quote that is never closed does that: correct it and deliver again"
            ) from error
    return source


def _csv_header(path: Path, delimiter: str) -> tuple[list[str], int]:
    """Return the header and how many lines it covers."""
    with open_text(path) as stream:
        reader = csv.reader(stream, delimiter=delimiter)
        headers = next(reader, None)
        if not headers or not any(header.strip() for header in headers):
            raise RefusedFileError("line 1 holds no header; deliver it with its header line first")
        return _trim_headers(headers), reader.line_num


def _csv_faults(connection: duckdb.DuckDBPyConnection, path: Path) -> list[Fault]:
    rows = connection.execute(
        """
        select line_byte_position, any_value(csv_line), arg_min(error_type, byte_position),
            arg_min(error_message, byte_position), max(column_idx)
        from landing_faults
        group by line_byte_position
        order by line_byte_position
        """
    ).fetchall()
    # a position may stand on the end of the line before, which the text then begins with
    leads = [len(text) - len(text.lstrip("\r\n")) for _, text, *_ in rows]
    offsets = [position - 1 + lead for (position, *_), lead in zip(rows, leads, strict=True)]
    return [
        Fault(
            line=line,
            span=text.strip("\r\n").count("\n") + 1,
            text=text.strip("\r\n"),
            reason=_csv_reason(str(kind), message),
        )
        for line, (_, text, kind, message, _) in zip(lines_at(path, offsets), rows, strict=True)
    ]


def _csv_reason(kind: str, message: str) -> str:
    reasons = {
        "UNQUOTED VALUE": "a quote is opened or closed in the middle of a value",
        "LINE SIZE OVER MAXIMUM": f"the line is longer than {_MAX_LINE_BYTES} bytes",
    }
    if kind in {"MISSING COLUMNS", "TOO MANY COLUMNS"}:
        numbers = [word for word in message.replace(":", " ").split() if word.isdigit()]
        if len(numbers) == 2:
            found = numbers[1] if kind == "MISSING COLUMNS" else f"at least {numbers[1]}"
            return f"the line has {found} values, the header {numbers[0]}"
    return reasons.get(kind, message.splitlines()[0] if message else kind.lower())


def _spans(connection: duckdb.DuckDBPyConnection, width: int) -> NDArray[np.int64]:
    feeds = " + ".join(
        f"coalesce(length(c{index}) - length(replace(c{index}, chr(10), '')), 0)"
        for index in range(width)
    )
    rows = connection.execute(
        f"select cast(1 + {feeds} as bigint) as span from {SOURCE_TABLE} order by rowid"
    )
    return np.asarray(rows.fetchnumpy()["span"], dtype=np.int64)


# --- JSON lines --------------------------------------------------------------------------------


def _read_jsonl(connection: duckdb.DuckDBPyConnection, text: TextFile, export: Export) -> Source:
    # no JSON text holds the character that stands for a delimiter here, so a line stays whole
    line_count = one_count(
        connection,
        "create or replace temp table landing_lines as select * from read_csv($path, "
        "auto_detect = false, header = false, columns = {'line': 'varchar'}, delim = chr(1), "
        f"quote = '', escape = '', ignore_errors = true, max_line_size = {_MAX_LINE_BYTES}, "
        f"buffer_size = {_BUFFER_BYTES})",
        {"path": str(text.path)},
    )
    if line_count != text.line_count:
        raise RefusedFileError(
            f"only {line_count} of {text.line_count} lines can be read as text; control characters "
            f"or a line over {_MAX_LINE_BYTES} bytes do that: deliver it again"
        )
    is_object = "case when json_valid(line) then json_type(line) = 'OBJECT' else false end"
    faults = [
        Fault(line=number, span=1, text=line, reason="the line is not a JSON object")
        for number, line in connection.execute(
            "select rowid + 1, line from landing_lines "
            f"where not {is_object} and trim(line) <> '' order by rowid"
        ).fetchall()
    ]
    found = connection.execute(
        f"select distinct unnest(json_keys(line)) as header from landing_lines where {is_object} "
        "order by header"
    ).fetchall()
    headers = [row[0] for row in found]
    # a key that no object has is a blank in every row, as JSON means it
    absent = [header for header in export.headers if header not in headers]
    headers += absent
    paths = [literal("/" + header.replace("~", "~0").replace("/", "~1")) for header in headers]
    values = ", ".join(f"found[{index + 1}] as c{index}" for index in range(len(headers)))
    connection.execute(
        f"create or replace temp table {SOURCE_TABLE} as "
        f"select {values or 'null as c0'}, line_number from (select "
        f"json_extract_string(line, [{', '.join(paths)}]::varchar[]) as found, "
        f"rowid + 1 as line_number from landing_lines where {is_object})"
    )
    connection.execute("drop table landing_lines")
    row_count = _count(connection)

    def lines() -> NDArray[np.int64]:
        rows = connection.execute(f"select line_number from {SOURCE_TABLE} order by rowid")
        return np.asarray(rows.fetchnumpy()["line_number"], dtype=np.int64)

    return Source(
        headers=_trim_headers(headers),
        row_count=row_count,
        faults=faults,
        absent=frozenset(absent),
        lines=lines,
    )


# --- XLSX and Parquet --------------------------------------------------------------------------


def _read_xlsx(
    connection: duckdb.DuckDBPyConnection, path: Path, sheet: str | None, edit: str
) -> Source:
    try:
        book = fastexcel.read_excel(str(path))
        if sheet is not None and sheet not in book.sheet_names:
            raise RefusedFileError(
                f"there is no sheet {sheet}; the sheets are {', '.join(book.sheet_names)}: "
                f"correct sheet in {edit}"
            )
        # rows above the header are not skipped: what looks like data there would be lost
        cells = book.load_sheet(
            0 if sheet is None else sheet, header_row=None, skip_rows=0, dtypes="string"
        ).to_arrow()
    except fastexcel.FastExcelError as error:
        raise RefusedFileError(
            f"not a sound XLSX workbook ({str(error).splitlines()[0]}); deliver it again"
        ) from error
    first = [column[0].as_py() or "" for column in cells.columns] if cells.num_rows else []
    if not any(header.strip() for header in first):
        raise RefusedFileError("row 1 of the sheet holds no header; delete the rows above it")
    rows = cells.slice(1)
    rows = rows.rename_columns([f"c{index}" for index in range(len(first))])
    connection.register("landing_cells", rows)
    connection.execute(
        f"create or replace temp table {SOURCE_TABLE} as select * from landing_cells"
    )
    connection.unregister("landing_cells")
    return Source(
        headers=_trim_headers(first),
        row_count=rows.num_rows,
        lines=lambda: np.arange(2, rows.num_rows + 2, dtype=np.int64),
    )


def _read_parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> Source:
    parameters = {"path": str(path)}
    try:
        described = connection.execute(
            "describe select * from read_parquet($path, hive_partitioning = false)", parameters
        ).fetchall()
        columns = ", ".join(
            f"{_parquet_text(name, type_)} as c{index}"
            for index, (name, type_, *_) in enumerate(described)
        )
        connection.execute(
            f"create or replace temp table {SOURCE_TABLE} as "
            f"select {columns} from read_parquet($path, hive_partitioning = false)",
            parameters,
        )
    except (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException) as error:
        raise RefusedFileError(
            f"not a sound Parquet file ({str(error).splitlines()[0]}); deliver it again"
        ) from error
    row_count = _count(connection)
    return Source(
        headers=_trim_headers([row[0] for row in described]),
        row_count=row_count,
        lines=lambda: np.arange(1, row_count + 1, dtype=np.int64),
    )


def _parquet_text(name: str, type_: str) -> str:
    """Return SQL that writes a Parquet column as an export would."""
    quoted = '"' + name.replace('"', '""') + '"'
    if type_ in {"DOUBLE", "FLOAT"}:
        # ids and counts become floats wherever a library met a missing value
        whole = f"{quoted} = trunc({quoted}) and abs({quoted}) < 1e15"
        return (
            f"case when {whole} then cast(cast({quoted} as bigint) as varchar) "
            f"else cast({quoted} as varchar) end"
        )
    if type_ == "TIMESTAMP WITH TIME ZONE":
        return f"cast(timezone('UTC', {quoted}) as varchar) || '+00:00'"
    return f"cast({quoted} as varchar)"


def blank_row_sql(width: int) -> str:
    """Return SQL that is true for a source row without any value."""
    return f"coalesce({', '.join(clean(f'c{index}') for index in range(width))}) is null"
