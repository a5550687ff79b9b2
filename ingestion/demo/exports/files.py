"""Bytes on disk: a table's rows as one file, in the format, encoding and name of its contract.

DuckDB writes CSV, JSON lines and Parquet; what it cannot (GB18030, a byte-order mark, gzip with a
fixed time, workbooks) is done from its result. The same rows give the same bytes.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import os
import re
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb
import xlsxwriter

from ingestion.contracts.models import Export, Files

# Fixed, so that a workbook does not carry the minute in which it was made.
WORKBOOK_CREATED = dt.datetime(2026, 1, 1)
BEIJING = dt.timezone(dt.timedelta(hours=8))
DELIVERY_HOUR = 5


def file_name(export: Export, date: dt.date, part: str = "", revision: int = 1) -> str:
    """The name that the export's pattern gives a file; optional pieces only where they say more."""
    name = export.files.pattern
    name = re.sub(r"\[([^\]]*\{part\}[^\]]*)\]", r"\1" if part else "", name)
    name = re.sub(r"\[([^\]]*\{revision\}[^\]]*)\]", r"\1" if revision > 1 else "", name)
    return name.format(date=date.strftime("%Y%m%d"), part=part, revision=revision)


def stamp(path: Path, date: dt.date, days_late: int = 0) -> Path:
    """Date the file as its delivery: early in the morning after its day, or some days later."""
    morning = dt.datetime.combine(date, dt.time(DELIVERY_HOUR), BEIJING)
    moment = (morning + dt.timedelta(1 + days_late)).timestamp()
    os.utime(path, (moment, moment))
    return path


@dataclass(frozen=True)
class FileWriter:
    """Writes files of one export from queries; encoding and compressing run beside the next one."""

    connection: duckdb.DuckDBPyConnection
    pool: ThreadPoolExecutor
    files: Files

    def write(self, rows: str, path: Path, date: dt.date, days_late: int = 0) -> Future[Path]:
        """Write the rows of a query as one file of the day `date`."""
        if self.files.format == "xlsx":
            self._write_workbook(rows, path)
            return self.pool.submit(stamp, path, date, days_late)
        options = {
            "csv": f"format csv, header, delimiter '{self.files.delimiter}'",
            "jsonl": "format json",
            "parquet": "format parquet, compression zstd",
        }[self.files.format]
        plain = path.with_name(f".{path.name}.plain")
        quoted = plain.as_posix().replace("'", "''")
        self.connection.execute(f"copy ({rows}) to '{quoted}' ({options})")

        def finish() -> Path:
            self._encode(plain, path)
            return stamp(path, date, days_late)

        return self.pool.submit(finish)

    def _encode(self, plain: Path, path: Path) -> None:
        """Bring what DuckDB wrote into the channel's encoding and compression."""
        encoding = self.files.encoding.lower()
        if encoding == "utf-8" and self.files.compression is None:
            plain.rename(path)
            return
        content = plain.read_bytes()
        if encoding != "utf-8":
            content = content.decode("utf-8").encode(encoding)
        if self.files.compression == "gzip":
            content = gzip.compress(content, 1, mtime=0)
        path.write_bytes(content)
        plain.unlink()

    def _write_workbook(self, rows: str, path: Path) -> None:
        """A workbook as Excel would hold it: numbers as numbers, dates as dates, the rest text."""
        # an URL is written as text, as exports do; Excel's own limit on links is 65,530
        book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_urls": False})
        book.set_properties({"created": WORKBOOK_CREATED})
        page = book.add_worksheet(self.files.sheet)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        result = self.connection.execute(rows)
        page.write_row(0, 0, [column[0] for column in result.description or []])
        for line, row in enumerate(result.fetchall(), start=1):
            for place, value in enumerate(row):
                if isinstance(value, dt.date):
                    page.write_datetime(line, place, value, day)
                elif isinstance(value, int | float):
                    page.write_number(line, place, value)
                elif value:
                    page.write_string(line, place, str(value))
        book.close()


def line_of(path: Path, files: Files, row: int) -> int:
    """Line, from 1, on which a data row starts; a quoted text may run over several lines."""
    if files.format != "csv":
        return row + (files.format == "xlsx")
    content = path.read_bytes()
    if files.compression == "gzip":
        content = gzip.decompress(content)
    text = io.StringIO(content.decode(files.encoding), newline="")
    reader = csv.reader(text, delimiter=files.delimiter)
    for _ in range(row):
        next(reader)
    return reader.line_num + 1
