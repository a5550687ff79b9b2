"""A warehouse in memory to land into: contracts written inline, files written by hand."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from ingestion.contracts.feeds import load_feeds
from ingestion.contracts.load import load_contract
from ingestion.contracts.models import Contract, Export, Files
from ingestion.files.deliveries import Delivery, pending, scan
from ingestion.files.originals import Originals
from ingestion.landing import FeedCounts, LandedFile, Lander, next_load_id
from ingestion.raw.schema import create_raw_schema

KEY = b"a key for tests, long enough"
ZONE = "Asia/Shanghai"

REVIEWS = """\
channel: shop
label: 小店
kind: ecommerce
domain: public
exports:
  - name: reviews
    files: {pattern: "reviews_{date}[_{part}][_r{revision}].csv", format: csv}
    feeds:
      reviews:
        columns:
          评价ID: review_ref
          用户: author_ref
          评分: rating_raw
          内容: review_text
          时间: posted_at
    max_rejected_share: 1.0
"""
HEADER = "评价ID,用户,评分,内容,时间\n"
NAME = "reviews_20261120.csv"


class Warehouse:
    """One warehouse in memory, one exports folder, one set of contracts."""

    def __init__(self, root: Path, *contracts: str, key: bytes = KEY, zone: str = ZONE) -> None:
        self.exports = root / "exports"
        self.exports.mkdir(parents=True, exist_ok=True)
        self.work = root / "work"
        self.connection = duckdb.connect()
        create_raw_schema(self.connection, load_feeds())
        self.contracts: dict[str, Contract] = {}
        for text in contracts or (REVIEWS,):
            self.add_contract(root, text)
        self.originals = Originals(root / "originals", key)
        self.key, self.zone = key, zone

    def add_contract(self, root: Path, text: str) -> Contract:
        """Read a contract given as text."""
        channel = text.split("channel: ", 1)[1].split("\n", 1)[0]
        path = root / f"{channel}.yml"
        path.write_text(text, encoding="utf-8")
        self.contracts[channel] = load_contract(path)
        return self.contracts[channel]

    def put(self, name: str, content: str | bytes) -> Path:
        """Deliver a file."""
        path = self.exports / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def delivery(self, name: str) -> Delivery:
        """Return the delivery that a file in the folder is."""
        found = [
            d for d in scan(str(self.exports), self.contracts).deliveries if d.file_name == name
        ]
        assert found, f"{name} is claimed by no contract"
        return found[0]

    def lander(self) -> Lander:
        """Return a lander for a new refresh run."""
        return Lander(
            self.connection,
            feeds=load_feeds(),
            hash_key=self.key,
            business_zone=self.zone,
            originals=self.originals,
            work_dir=self.work,
            load_id=next_load_id(self.connection),
        )

    def land(
        self, name: str, content: str | bytes | None = None, *, accept: bool = False
    ) -> LandedFile:
        """Deliver a file and land it in a run of its own."""
        if content is not None:
            self.put(name, content)
        return self.lander().land(self.delivery(name), accept=accept)

    def pending(self) -> list[str]:
        """Return the names of the files that are still to land."""
        found = scan(str(self.exports), self.contracts).deliveries
        return [delivery.file_name for delivery in pending(self.connection, found)]

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Return the rows of a query."""
        return self.connection.execute(sql).fetchall()

    def one(self, sql: str) -> object:
        """Return the only value of a query."""
        (row,) = self.rows(sql)
        return row[0]


def write_export(path: Path, export: Export, rows: Sequence[Mapping[str, str | None]]) -> None:
    """Write rows as a file of the export's own format and encoding."""
    path.write_bytes(packed(export.files, encoded(export.files, export.headers, rows)))
    later = dt.datetime(2026, 11, 1, tzinfo=dt.UTC).timestamp()
    os.utime(path, (later, later))


def packed(files: Files, content: bytes) -> bytes:
    """Compress where the export is compressed."""
    return gzip.compress(content) if files.compression == "gzip" else content


def encoded(
    files: Files, headers: Sequence[str], rows: Sequence[Mapping[str, str | None]]
) -> bytes:
    """Return rows in the export's format."""
    cells = [[row.get(header) or "" for header in headers] for row in rows]
    if files.format == "csv":
        text = "\n".join(csv_line(line, files.delimiter) for line in [list(headers), *cells])
        return (text + "\n").encode(files.encoding)
    if files.format == "jsonl":
        lines = [json.dumps(dict(row), ensure_ascii=False) for row in rows]
        return ("\n".join(lines) + "\n").encode(files.encoding)
    buffer = io.BytesIO()
    if files.format == "xlsx":
        book = xlsxwriter.Workbook(buffer)
        sheet = book.add_worksheet(files.sheet or "Sheet1")
        for number, line in enumerate([list(headers), *cells]):
            sheet.write_row(number, 0, line)
        book.close()
        return buffer.getvalue()
    columns = {
        header: pa.array([line[index] or None for line in cells], pa.string())
        for index, header in enumerate(headers)
    }
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def csv_line(cells: Sequence[str], delimiter: str = ",") -> str:
    """Return one CSV record."""
    return delimiter.join('"' + cell.replace('"', '""') + '"' for cell in cells)


def file_name(export: Export, day: str = "20261031") -> str:
    """Return a name that the export's pattern claims."""
    return next(name for name in reversed(export.pattern.samples()) if day in name)


def line(
    ref: str, *, stars: str = "5", text: str = "很好用", at: str = "2026-11-20 09:05:00"
) -> str:
    """Return a line of the reviews export."""
    return csv_line([ref, "u1", stars, text, at]) + "\n"


def counts(landed: LandedFile) -> FeedCounts:
    """Return the counts of the reviews of a landed file."""
    return landed.feeds["reviews"]
