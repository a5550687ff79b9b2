"""A small warehouse whose raw rows a test writes by hand, built by the real dbt in a process of its own."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from ingestion.contracts.feeds import load_feeds
from ingestion.raw.schema import create_raw_schema
from orchestration.dbt.generated import FOLDER, link_project, write_generated

PROJECT = Path(__file__).parents[2] / "dbt_project"
DBT = [sys.executable, "-c", "from dbt.cli.main import cli; cli()"]
TABLES = """
    select
        table_schema || '.' || table_name,
        string_agg('"' || column_name || '"', ', ' order by column_name)
    from information_schema.columns
    where list_contains($1, table_schema)
    group by 1
"""

Row = Mapping[str, object]


def rows_of(path: Path) -> list[dict[str, str | None]]:
    """The rows of a CSV with a header; a blank field is null."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            {name: value or None for name, value in row.items()} for row in csv.DictReader(lines)
        ]


@dataclass(frozen=True)
class Database:
    """A closed DuckDB file, to be read."""

    path: Path

    def query(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """The rows of a query."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(sql, list(values)).fetchall()

    def tables(self, *schemas: str) -> dict[str, Counter[tuple[object, ...]]]:
        """All rows of all tables of the schemas, as a bag of rows a table."""
        return {
            str(name): Counter(map(_hashable, self.query(f"select {columns} from {name}")))
            for name, columns in self.query(TABLES, list(schemas))
        }


@dataclass(frozen=True)
class HandMadeWarehouse(Database):
    """The warehouse being built. Its path never changes, or dbt would parse the project anew each time."""

    @property
    def project(self) -> Path:
        """Links to the project's files, and what is generated beside them."""
        return self.path.parent / "project"

    def create(self) -> HandMadeWarehouse:
        """The raw schema, empty, and the project as dbt reads it."""
        link_project(PROJECT, self.project)
        write_generated(PROJECT, self.project / FOLDER)
        with duckdb.connect(str(self.path)) as connection:
            create_raw_schema(connection, load_feeds())
        return self

    def land(
        self, day: date, load_id: int, feeds: Mapping[str, Iterable[Row]], channel: str = "jd"
    ) -> None:
        """Rows of several feeds as landing would leave them: one file of `day`, landed by `load_id`."""
        file = {
            "file_id": f"{channel}-{day}-{load_id}",
            "load_id": load_id,
            "channel_code": channel,
            "export_name": "hand_made",
            "export_date": day,
        }
        with duckdb.connect(str(self.path)) as connection:
            _insert(connection, "files", {**file, "outcome": "landed"})
            for feed, rows in feeds.items():
                for number, row in enumerate(rows, start=1):
                    place = {"delivery_seq": 1, "row_number": number, "currency_code": "CNY"}
                    _insert(connection, feed, {**file, **place, **row})

    def supersede(self, feed: str, record_key: str, load_id: int) -> None:
        """What a correction does to the rows of the delivery that it replaces."""
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(
                f"update raw.{feed} set superseded_load_id = $1 "
                "where record_key = $2 and superseded_load_id is null",
                [load_id, record_key],
            )

    def dbt(self, *arguments: str) -> dict[str, str]:
        """One dbt invocation, which must succeed.

        Returns:
            The tables that it built, each as `schema.name`, and how it is materialized.
        """
        done = subprocess.run(
            [*DBT, "--quiet", *arguments, "--project-dir", self.project, "--profiles-dir", PROJECT],
            env={
                **os.environ,
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
                "KOUBEI_WAREHOUSE": str(self.path),
                "DBT_TARGET_PATH": str(self.path.parent / "target"),
                "DBT_LOG_PATH": str(self.path.parent / "logs"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        ran, manifest = (
            json.loads((self.path.parent / "target" / name).read_text(encoding="utf-8"))
            for name in ("run_results.json", "manifest.json")
        )
        nodes = (manifest["nodes"][result["unique_id"]] for result in ran["results"])
        return {
            f"{node['schema']}.{node['alias']}": node["config"]["materialized"]
            for node in nodes
            if node["resource_type"] == "model"
        }

    def built(self, load_id: int) -> None:
        """What a refresh writes down after a build that succeeded."""
        with duckdb.connect(str(self.path)) as connection:
            _insert(connection, "builds", {"build_id": load_id, "load_id": load_id})

    def saved(self, name: str) -> Database:
        """The warehouse as it is now, under another name."""
        return Database(Path(shutil.copy(self.path, self.path.with_name(f"{name}.duckdb"))))

    def restore(self, database: Database) -> None:
        """Go back to what was saved."""
        shutil.copy(database.path, self.path)


def _hashable(row: tuple[object, ...]) -> tuple[object, ...]:
    """A row whose lists and structs are written out."""
    return tuple(repr(value) if isinstance(value, list | dict) else value for value in row)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, row: Row) -> None:
    columns = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" for _ in row)
    connection.execute(f"insert into raw.{table} ({columns}) values ({marks})", list(row.values()))
