"""A demo company's exports: files only, with truths planted in them.

`write_demo` writes `<home>/exports/<channel>/*` in the formats of the packaged contracts, and a
marker, `<home>/demo.json`, that says which world they are of. Nothing else is written, and nothing
downstream knows of it. The same flags give the same bytes. The brand 禾木 (hemu) and its
competitors 澄一 and 北屿 are invented; texts are real review lines (see `texts`).

What a warehouse should find in these files is not written here: the tests count it from the same
simulation (`tests/planted_truths`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from ingestion.contracts.load import load_contracts
from ingestion.demo.exports import members, reports, requests, service, shops, social, studio
from ingestion.demo.exports.query import ExportQuery, create_macros
from ingestion.demo.exports.tables import register
from ingestion.demo.exports.writers import DemoError, WrittenExport, write_export
from ingestion.demo.simulation import Simulation, simulate
from ingestion.demo.world import World

__all__ = ["DEFAULT_CUSTOMERS", "MARKER", "DemoError", "DemoSummary", "write_demo", "write_world"]

DEFAULT_CUSTOMERS = 2_000
MARKER = "demo.json"  # in a home: its exports are a demo's, and may be replaced by another's
QUERIES: list[ExportQuery] = [
    *members.QUERIES,
    *shops.QUERIES,
    *social.QUERIES,
    *service.QUERIES,
    *studio.QUERIES,
    *requests.QUERIES,
    *reports.QUERIES,
]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class DemoSummary:
    """What was written."""

    exports: Path
    file_count: int
    row_count: int
    rows: dict[str, int]  # per channel.export


@dataclass(frozen=True)
class WrittenWorld:
    """A world and its files.

    Attributes:
        simulation: What happened in it.
        exports: What was written of each export, with the faults that were planted.
        late_rows: How many rows reach their first file days late, by subject.
        connection: DuckDB with the simulated tables and the macros that write their ids.
    """

    simulation: Simulation
    exports: list[WrittenExport]
    late_rows: dict[str, int]
    connection: duckdb.DuckDBPyConnection


def write_demo(
    home: Path,
    *,
    days: int = 61,
    customers: int = DEFAULT_CUSTOMERS,
    seed: int = 7,
    on_progress: Progress | None = None,
) -> DemoSummary:
    """Write `home`/exports for a world of `days` days ending 2026-10-31, and the home's marker.

    61 days are two whole months, so that the last one has one to be compared with.

    An earlier demo's files are removed first, so that none of them mixes with these; exports that
    no demo wrote are left alone. `on_progress` is given what is being done, how many steps are
    done, and of how many.

    Raises:
        DemoError: the home holds real exports, the texts' package is not installed, a contract and
            the demo differ, or the files cannot be written.
    """
    try:
        world = World(days=days, customers=customers, seed=seed)
        exports = home / "exports"
        _clear(exports, home / MARKER, world)
        with write_world(world, exports, on_progress) as written:
            rows = {f"{each.channel}.{each.export}": each.row_count for each in written.exports}
            file_count = sum(len(each.files) for each in written.exports)
        return DemoSummary(exports, file_count, sum(rows.values()), rows)
    except (ValueError, OSError, duckdb.IOException) as error:
        raise DemoError(str(error)) from error


@contextmanager
def write_world(
    world: World, exports: Path, on_progress: Progress | None = None
) -> Iterator[WrittenWorld]:
    """Simulate `world` and write its files below `exports`; its tables are open in the block.

    Raises:
        DemoError: a contract and the demo differ.
    """
    progress = on_progress or (lambda _step, _done, _total: None)
    steps = len(QUERIES) + 1
    contracts = load_contracts()
    progress("customers, journeys, orders, voices", 0, steps)
    simulation = simulate(world)
    written: list[WrittenExport] = []
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        create_macros(connection, world)
        late = register(connection, simulation)
        for step, query in enumerate(QUERIES, start=1):
            progress(f"{contracts[query.channel].label} {query.export}", step, steps)
            contract = contracts[query.channel]
            written.append(write_export(connection, world, contract, query, exports))
        progress("done", steps, steps)
        yield WrittenWorld(simulation, written, late, connection)


def _clear(exports: Path, marker: Path, world: World) -> None:
    """Make room for the files, taking away only what a demo wrote.

    Raises:
        DemoError: files lie there, and no marker says that a demo put them there.
    """
    is_empty = not exports.exists() or not any(exports.iterdir())
    if not is_empty and not marker.exists():
        raise DemoError(
            f"{exports} holds exports that no demo wrote; set KOUBEI_HOME to another folder"
        )
    for channel in sorted({query.channel for query in QUERIES}):
        shutil.rmtree(exports / channel, ignore_errors=True)
    exports.mkdir(parents=True, exist_ok=True)
    # from the first file on it can be seen whose they are, even when this run is cut off
    marker.write_text(json.dumps(asdict(world)) + "\n", encoding="utf-8")
