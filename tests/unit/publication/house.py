"""A home with a small warehouse made by hand: two marts, KPIs, landed files, and dbt's manifest."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from ingestion.contracts.feeds import load_feeds
from ingestion.raw.schema import create_raw_schema
from orchestration.home.settings import Settings
from orchestration.pipeline.publish import publish_build
from orchestration.publication.store import Publication
from orchestration.report.front_page import FRONT_PAGE

DAY = date(2026, 10, 30)

MARTS = """
create schema if not exists reviews;
create schema if not exists kpis;
create schema if not exists intermediate;
create or replace table reviews.fct_voices (
    voice_key varchar, channel_code varchar, posted_at timestamp, rating_share double,
    value_cny decimal(18, 2), reply_count bigint
);
create or replace table kpis.kpi_history (
    kpi_code varchar, period_kind varchar, period_start date, channel_code varchar,
    brand_code varchar, product_key varchar, numerator double, denominator double, value double,
    is_complete boolean, period_end date
);
create or replace table intermediate.int_hidden as select 1 as secret;
"""

VOICES = [
    ("review:jd:R1", "jd", "2026-10-28 09:00:00", 1.0, "12.30", 0),
    ("review:jd:R2", "jd", "2026-10-29 10:00:00", 0.4, "5.00", 1),
    ("mention:weibo:M1", "weibo", "2026-10-30 11:00:00", None, None, 0),
]
KPIS = [
    ("share", "day", "2026-10-29", "jd", "own", None, 1, 4, 0.25, True, "2026-10-29"),
    ("share", "day", "2026-10-30", "weibo", "own", None, 0, 2, 0.0, True, "2026-10-30"),
    ("share", "week", "2026-10-26", "jd", "own", None, 1, 6, 1 / 6, False, "2026-11-01"),
    ("share", "month", "2026-10-01", "jd", "own", None, 2, 9, 2 / 9, False, "2026-10-31"),
]


def dbt_manifest() -> dict[str, Any]:
    """What dbt would write for these marts, cut to what is read."""
    return {
        "nodes": {
            "model.koubei.fct_voices": {
                "resource_type": "model",
                "name": "fct_voices",
                "schema": "reviews",
                "description": "口碑声音；One row per voice's first delivery.",
                "config": {
                    "materialized": "incremental",
                    "meta": {"key": ["voice_key"], "label_zh": "口碑声音"},
                },
                "columns": {
                    "voice_key": {"name": "voice_key", "description": "声音键；Stable key."},
                    "value_cny": {
                        "name": "value_cny",
                        "description": "Money in yuan.",
                        "config": {"meta": {"label_zh": "金额"}},
                    },
                },
            },
            "model.koubei.kpi_history": {
                "resource_type": "model",
                "name": "kpi_history",
                "schema": "kpis",
                "description": "KPI 历史；Every KPI by period.",
                "config": {"materialized": "table", "meta": {"label_zh": "KPI 历史"}},
                "columns": {},
            },
            "model.koubei.int_hidden": {
                "resource_type": "model",
                "name": "int_hidden",
                "schema": "intermediate",
                "description": "",
                "config": {"materialized": "table", "meta": {}},
                "columns": {},
            },
            "seed.koubei.targets": {
                "resource_type": "seed",
                "name": "targets",
                "schema": "seeds",
                "config": {"materialized": "seed"},
            },
        },
        "exposures": {
            "exposure.koubei.analysts": {
                "depends_on": {
                    "nodes": [
                        "model.koubei.fct_voices",
                        "model.koubei.kpi_history",
                        "seed.koubei.targets",
                    ]
                }
            }
        },
    }


@dataclass
class House:
    """The home, and the few things that a night does to it."""

    home: Path
    manifest: dict[str, Any] = field(default_factory=dbt_manifest)
    load_id: int = 0

    @property
    def settings(self) -> Settings:
        """Settings of this home alone; no environment, no `.env`."""
        return Settings(_env_file=None, home=self.home)

    @property
    def published(self) -> Path:
        """The published folder."""
        return self.settings.published_path

    def build(self) -> House:
        """Make the build file with the marts above and a day of landed files."""
        self.settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
        with self.connect() as connection:
            create_raw_schema(connection, load_feeds())
            connection.execute(MARTS)
            connection.executemany("insert into reviews.fct_voices values (?,?,?,?,?,?)", VOICES)
            connection.executemany(
                "insert into kpis.kpi_history values (?,?,?,?,?,?,?,?,?,?,?)", KPIS
            )
        for back in (2, 1, 0):
            self.land(f"jd_reviews_{DAY - timedelta(back)}.csv", DAY - timedelta(back))
        self.land("weibo_posts_2026-10-30.csv", DAY, channel="weibo", feed="mentions")
        return self

    def connect(self) -> duckdb.DuckDBPyConnection:
        """The build file, to be changed."""
        return duckdb.connect(str(self.settings.warehouse_path))

    def run(self, *statements: str) -> None:
        """Change the build file, as a dbt build would."""
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the build file."""
        with self.connect() as connection:
            return connection.execute(sql).fetchall()

    def land(
        self,
        file_name: str,
        day: date,
        *,
        channel: str = "jd",
        feed: str = "reviews",
        row_days: tuple[str, ...] = (),
        outcome: str = "landed",
        reason: str | None = None,
        rejected: int = 0,
    ) -> int:
        """One file as landing would have left it; returns its load_id."""
        self.load_id += 1
        file_id = f"{self.load_id:016x}"
        export = "reviews" if channel == "jd" else "posts"
        ref, clock = {
            "reviews": ("review_ref", "posted_at"),
            "mentions": ("mention_ref", "posted_at"),
        }[feed]
        with self.connect() as connection:
            connection.execute(
                "insert into raw.files by name select ? as file_id, ? as load_id, ? as file_name, "
                "? as channel_code, ? as export_name, ?::date as export_date, 1 as delivery_seq, "
                "'delta' as mode, repeat('ab', 32) as sha256, 10 as size_bytes, ? as outcome, "
                "? as reason, false as is_accepted, timestamp '2026-10-31 06:00:00' as landed_at",
                [file_id, self.load_id, file_name, channel, export, day, outcome, reason],
            )
            connection.execute(
                "insert into raw.file_feeds values (?, ?, ?, ?, ?, ?, ?, ?, 0)",
                [file_id, self.load_id, channel, export, feed,
                 len(row_days) + rejected, len(row_days), rejected],
            )  # fmt: skip
            for number, row_day in enumerate(row_days, start=1):
                connection.execute(
                    f"insert into raw.{feed} by name select ? as channel_code, ? as export_name, "
                    "?::date as export_date, ? as file_id, 1 as delivery_seq, ? as row_number, "
                    f"? as load_id, ? as record_key, ? as {ref}, ?::timestamp as {clock}",
                    [channel, export, day, file_id, number, self.load_id,
                     f"{channel}:{file_id}|{number}", f"{channel}:{number}", row_day],
                )  # fmt: skip
            for number in range(rejected):
                connection.execute(
                    "insert into raw.rejected_rows values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [file_id, self.load_id, channel, export, feed, file_name,
                     number + 2, number + 1, "评价时间", "昨天", "not a time"],
                )  # fmt: skip
        return self.load_id

    @property
    def manifest_path(self) -> Path:
        """dbt's manifest, written where the settings say."""
        path = self.settings.manifest_path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.manifest), encoding="utf-8")
        return path

    def publish(self, run_id: str = "run", data_docs: Path | None = None) -> Publication:
        """Publish what stands in the build file."""
        return publish_build(
            self.settings,
            manifest_path=self.manifest_path,
            run_id=run_id,
            load_id=self.load_id,
            data_docs=data_docs,
        )

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of what readers see."""
        path = str((self.published / "current" / "koubei.duckdb").resolve())
        with duckdb.connect(path, read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def names(self) -> list[str]:
        """What lies in the published folder, beside the page that readers keep open."""
        return sorted(path.name for path in self.published.iterdir() if path.name != FRONT_PAGE)
