"""One export at a time: run its query, plant its faults, cut it into files, note the plants."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from ingestion.contracts.models import Contract, Export
from ingestion.demo.exports.export_days import export_days
from ingestion.demo.exports.faults import Planted, plant_faults
from ingestion.demo.exports.files import FileWriter, file_name, line_of, stamp
from ingestion.demo.exports.query import ExportQuery
from ingestion.demo.world import World

CORRECTED_AFTER, DELAYED_BY = 2, 3
# A first file that holds the years before the window is delivered in parts of the usual size, as
# a first load is: beside it, every later file would look suddenly short.
BACKLOG_FACTOR = 4


class DemoError(Exception):
    """The demo cannot be written; the text says why and what to do."""


@dataclass
class WrittenExport:
    """The files of one export and what was planted in them."""

    channel: str
    export: str
    files: list[str] = field(default_factory=list)  # relative to the exports folder
    row_count: int = 0
    planted: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def note(self, kind: str, **facts: Any) -> None:  # noqa: ANN401 - what is planted is free-form
        """Record one planted fault with its files."""
        entry = {"channel": self.channel, "export": self.export, **facts}
        self.planted.setdefault(kind, []).append(entry)


@dataclass(frozen=True)
class _Piece:
    """One file: its day, revision, part, and how many rows it has."""

    day: int
    revision: int
    part: str
    row_count: int


def write_export(
    connection: duckdb.DuckDBPyConnection,
    world: World,
    contract: Contract,
    query: ExportQuery,
    folder: Path,
) -> WrittenExport:
    """Run one export's query and write its files below `folder`/<channel>/.

    Raises:
        DemoError: the query's columns are not the contract's headers.
    """
    export = next(e for e in contract.exports if e.name == query.export)
    headers = _run(connection, contract, query, export)
    planted = plant_faults(connection, world, contract.channel, export)
    _split_backlog(connection, export)
    written = WrittenExport(contract.channel, export.name)
    target = folder / contract.channel
    target.mkdir(parents=True, exist_ok=True)
    columns = ", ".join(f'"{header}"' for header in headers)
    with ThreadPoolExecutor(2) as pool:
        writer = FileWriter(connection, pool, export.files)
        jobs = []
        for piece in _pieces(connection, world, query.cadence, export):
            date = world.date_of(piece.day)
            path = target / file_name(export, date, piece.part, piece.revision)
            # rows stand in order of files, so that only those of this one are read
            rows = (
                f"select {columns} from export_rows where _file = {piece.day}"
                f" and _revision = {piece.revision} and _part = '{piece.part}' order by _pos"
            )
            days_late = CORRECTED_AFTER if piece.revision > 1 else 0
            jobs.append(writer.write(rows, path, date, days_late))
            written.row_count += piece.row_count
        written.files = [f"{contract.channel}/{job.result().name}" for job in jobs]
    _Notes(connection, world, export, target, written).add(planted)
    return written


def _run(
    connection: duckdb.DuckDBPyConnection, contract: Contract, query: ExportQuery, export: Export
) -> list[str]:
    """Fill `export_rows` and return the headers, in the query's order."""
    connection.execute(
        "create or replace temp table export_rows as"
        " select row_number() over ()::double as _pos, 1 as _revision, '' as _part, '' as _mark,"
        f" * exclude (_rank) from (from ({query.sql}) order by _file, _rank)"
    )
    described = connection.execute("describe export_rows").fetchall()
    headers = [row[0] for row in described if not row[0].startswith("_")]
    if set(headers) != set(export.headers):
        odd = "、".join(sorted(set(headers) ^ set(export.headers)))
        raise DemoError(
            f"{contract.path}: the demo writes other headers than {export.name} has: {odd};"
            " change ingestion/demo/exports with the contract"
        )
    return headers


def _split_backlog(connection: duckdb.DuckDBPyConnection, export: Export) -> None:
    """Cut a first file that holds years of history into parts of the usual size."""
    if not export.pattern.has_part:
        return
    sizes = connection.execute(
        "select _file, count(*) from export_rows group by all order by _file"
    ).fetchall()
    later = sorted(int(count) for _, count in sizes[1:])
    if not later:
        return
    usual = max(later[len(later) // 2], 1)
    if sizes[0][1] > BACKLOG_FACTOR * usual:
        connection.execute(
            "update export_rows set _part = printf('%02d', 1 + _pos::bigint // ?) where _file = ?",
            [usual, sizes[0][0]],
        )


def _pieces(
    connection: duckdb.DuckDBPyConnection, world: World, cadence: int, export: Export
) -> Iterator[_Piece]:
    """The files to write: one per due day, even without rows.

    Except JSON lines, which would be a file of no bytes.
    """
    found = connection.execute(
        "select _file, _revision, _part, count(*) from export_rows group by all order by all"
    ).fetchall()
    for day, revision, part, count in found:
        yield _Piece(int(day), int(revision), str(part), int(count))
    if export.files.format != "jsonl":
        written = {int(day) for day, *_ in found}
        for day in export_days(world, cadence):
            if day not in written:
                yield _Piece(day, 1, "", 0)


@dataclass(frozen=True)
class _Notes:
    """Turns planted file indices into names; copies, dates and reads back the files concerned."""

    connection: duckdb.DuckDBPyConnection
    world: World
    export: Export
    target: Path
    written: WrittenExport

    def add(self, planted: Planted) -> None:
        """Note everything that was planted in the export."""
        for day in planted.repeated_files:
            twin = self.target / self._name(day, 2)
            shutil.copyfile(self.target / self._name(day), twin)
            stamp(twin, self.world.date_of(day), CORRECTED_AFTER)
            self.written.files.append(self._path(day, 2))
            self.written.note("duplicate_files", file=self._path(day, 2), same_as=self._path(day))
        for day in planted.delayed_files:
            date = self.world.date_of(day)
            stamp(self.target / self._name(day), date, DELAYED_BY)
            self.written.note(
                "late_files",
                file=self._path(day),
                date=date.isoformat(),
                delivered_on=(date + dt.timedelta(1 + DELAYED_BY)).isoformat(),
            )
        for day, facts in planted.corrected.items():
            self.written.note(
                "corrections",
                date=self.world.date_of(day).isoformat(),
                file=self._path(day),
                corrected_by=self._path(day, 2),
                **facts,
            )
        for day, count in planted.repeated_rows.items():
            self.written.note("duplicate_rows", file=self._path(day), rows=count)
        for day, mark, fault in planted.bad:
            row = self._row_of(day, mark)
            (column,) = self.export.feeds[fault.feed].columns[fault.header]
            self.written.note(
                "bad_rows",
                file=self._path(day),
                feed=fault.feed,
                line=line_of(self.target / self._name(day), self.export.files, row),
                row=row,
                header=fault.header,
                column=column.to,
                value=fault.value,
                reason=fault.reason,
            )

    def _name(self, day: int, revision: int = 1) -> str:
        return file_name(self.export, self.world.date_of(day), "", revision)

    def _path(self, day: int, revision: int = 1) -> str:
        return f"{self.target.name}/{self._name(day, revision)}"

    def _row_of(self, day: int, mark: str) -> int:
        """Data row, from 1, of a marked row in its file."""
        ((place,),) = self.connection.execute(
            "with numbered as ("
            "select _mark, row_number() over (order by _pos) as place"
            " from export_rows where _file = ?"
            ") select place from numbered where _mark = ?",
            [day, mark],
        ).fetchall()
        return int(place)
