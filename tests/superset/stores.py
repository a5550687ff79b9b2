"""Both stores with the same publication, the bundle for each, and SQL asked of the published file."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pgserver
import psycopg

from orchestration.publication import store

SEEDS = Path(__file__).parents[2] / "dbt_project/seeds"

# names of codes, read here once more and in another way: macro, seed, code, Chinese, English name
_NAMES = [
    ("channel", "channel_labels", "channel_code", "label_zh", "label_en"),
    ("strategy", "strategies", "strategy_code", "strategy_name", "strategy_name_en"),
    ("marketing", "marketing_channels", "marketing_channel_code", "marketing_channel_name", "marketing_channel_name_en"),
    ("goal", "conversion_goals", "goal_code", "goal_name", "goal_name_en"),
    ("aspect", "aspects", "aspect_code", "label_zh", "label_en"),
    ("department", "departments", "department_code", "label_zh", "department_name"),
    ("model", "attribution_models", "model_code", "model_name", "model_name_en"),
    ("lifecycle", "lifecycle_stages", "lifecycle_code", "lifecycle_name", "lifecycle_name_en"),
    ("advocacy", "advocacy_rungs", "advocacy_code", "advocacy_name", "advocacy_name_en"),
    ("age", "age_bands", "age_band_code", "label_zh", "label_en"),
]  # fmt: skip

_CHANGES = {
    "kpis.kpi_history": "value = value + 1 where value is not null",
    "kpis.kpi_scorecard": "as_of = as_of + interval 1 day",
    "reviews.mart_backlog": "open_count = open_count + 7",
    "attribution.strategy_performance": "credited_cny = credited_cny * 2",
}


@dataclass
class Stores:
    """A home, PostgreSQL beside it, and a bundle for each."""

    home: Path
    dsn: str
    password: str
    bundles: dict[str, Path]

    @property
    def folder(self) -> Path:
        return self.home / "published"

    def ask(self, sql: str) -> list[dict[str, Any]]:
        """SQL on the current publication, with `channel(code)` and the like for the names of codes."""
        with duckdb.connect() as connection:
            database = self.folder / "current" / store.DATABASE
            for name, seed, code, zh, en in _NAMES:
                connection.execute(
                    f"create table {name}_names as select {code} as code, {zh} || ' ' || {en} as name "
                    f"from read_csv('{SEEDS / f'{seed}.csv'}', header = true, all_varchar = true)"
                )
                connection.execute(
                    f"create macro {name}(asked) as coalesce((select any_value(name) from "
                    f"memory.main.{name}_names where code = asked), asked)"
                )
            connection.execute(f"attach '{database}' as koubei (read_only)")
            connection.execute("set search_path = 'koubei.main,memory.main'")
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def publish_other_values(self) -> str:
        """A further publication with other numbers and a later day, seen by readers at once."""
        seen = store.current(self.folder)
        assert seen is not None
        name = f"{seen.as_of}-{900 + len(store.kept(self.folder))}"
        shutil.copytree(seen.path, self.folder / name)
        database = self.folder / name / store.DATABASE
        database.chmod(0o644)
        with duckdb.connect(str(database)) as connection:
            for table, change in _CHANGES.items():
                connection.execute(f"update {table} set {change}")
        database.chmod(0o444)
        manifest = {**seen.manifest, "publication_id": name, "content_hash": name}
        for table in _CHANGES:
            manifest["tables"][table] |= {"content_hash": f"{name} {table}"}
        said = json.dumps(manifest, ensure_ascii=False)
        (self.folder / name / store.MANIFEST).write_text(said, encoding="utf-8")
        store.point(self.folder, name)
        load_postgres(self)
        return name


@contextlib.contextmanager
def stores_of(home: Path, folder: Path) -> Iterator[Stores]:
    """PostgreSQL with the home's publication, and both bundles written by the command."""
    server = pgserver.get_server(str(folder / "postgres"))
    try:
        password = secrets.token_hex(8)
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"create role bi login superuser password '{password}'")
            connection.execute("create database koubei owner bi")
        host = server.get_uri().split("host=")[1]
        dsn = f"postgresql://bi:{password}@/koubei?host={host}"
        stores = Stores(home, dsn, password, {})
        load_postgres(stores)
        for target in ("duckdb", "postgres"):
            stores.bundles[target] = write_bundle(stores, target, folder / f"{target}.zip")
        yield stores
    finally:
        server.cleanup()


def write_bundle(stores: Stores, target: str, path: Path) -> Path:
    koubei = Path(sys.executable).with_name("koubei")
    environment = {
        **os.environ,
        "KOUBEI_HOME": str(stores.home),
        "KOUBEI_POSTGRES_DSN": stores.dsn,
    }
    asked = [str(koubei), "superset", "bundle", "--for", target, "--output", str(path)]
    subprocess.run(asked, check=True, env=environment)
    return path


def load_postgres(stores: Stores) -> None:
    """The current publication in PostgreSQL, as the nights put it there."""
    from orchestration.home.settings import Settings
    from orchestration.postgres.sync import sync

    sync(Settings(home=stores.home, postgres_dsn=stores.dsn))
