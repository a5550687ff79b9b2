"""A mart of voices into a real PostgreSQL, beside the driver's own row by row.

Ours is the loader of `koubei postgres`: DuckDB to CSV to COPY, with the primary key, the statistics, and every row read
back and hashed against the manifest. The peer fetches rows into Python and hands them to psycopg's `executemany`, which
pipelines them, into a table without a key, and proves nothing. Both start from the same DuckDB file.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import duckdb
import pgserver
import psycopg

from orchestration.postgres.connection import Connection
from orchestration.postgres.load import load
from orchestration.postgres.schema import table_specs
from orchestration.publication import store
from orchestration.terminal.progress import NoProgress
from tests.benchmarks.timing import Timing, in_turn, peak_memory_mib
from tests.integration.postgres_server import write_publication

ROWS = int(os.environ.get("KOUBEI_BENCH_POSTGRES_ROWS", "300_000"))
_VOICES = """
select substring(md5(i::varchar), 1, 16) as voice_key, 'review' as voice_kind, i % 2 = 0 as is_public,
    'jd' as channel_code, 'P00' || i % 9 as product_key, substring(md5((i % 50000)::varchar), 1, 16) as customer_key,
    timestamp '2026-01-01' + interval 1 minute * (i % 400000)::bigint as posted_at, sha256(i::varchar) as text_sha256,
    (i % 5) / 5.0 as rating_share, case when i % 10 = 0 then null else 'positive' end as sentiment_code,
    (hash(i) % 1000000) / 1e6 as sentiment_score, (i % 100000 / 100)::decimal(18, 2) as value_cny
from range({}) as numbers (i)
"""
_READ = "select * from reviews.fct_voices"
_TYPES = "text, text, boolean, text, text, text, timestamp, text, double precision, text, double precision, numeric(18,2)"


def run() -> list[Timing]:
    """Start a server, load the same table both ways in turn, and compare what stands there."""
    folder = Path(tempfile.mkdtemp(prefix="bench-pg"))
    server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        (folder / "published").mkdir()
        name = write_publication(
            folder / "published", 1, {"reviews.fct_voices": _VOICES.format(ROWS)},
            keys={"reviews.fct_voices": ("voice_key",)},
        )  # fmt: skip
        published = store.find(folder / "published", name)
        with (
            psycopg.connect(server.get_uri(), autocommit=True) as db,
            duckdb.connect(str(published.database), read_only=True) as source,
        ):
            (table,) = [
                each for each in table_specs(source, published) if each.name.startswith("reviews")
            ]
            kinds = _TYPES.split(", ")
            columns = ", ".join(f"{c.name} {k}" for c, k in zip(table.columns, kinds, strict=True))

            def ours() -> None:
                db.execute("drop schema if exists reviews__next cascade")
                load(db, source, [table], folder / "work", NoProgress())

            def peer() -> None:
                db.execute("drop table if exists by_rows")
                db.execute(f"create unlogged table by_rows ({columns})")
                marks = ", ".join(["%s"] * len(table.columns))
                rows = source.execute(_READ).fetchall()
                with db.cursor() as cursor, db.transaction():
                    cursor.executemany(f"insert into by_rows values ({marks})", rows)

            ours_seconds, peer_seconds = in_turn(ours, peer, rounds=1)
            same = _differing(db)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
    speeds = f"{ROWS / ours_seconds:,.0f} and {ROWS / peer_seconds:,.0f} rows/s"
    return [
        Timing(
            "postgres", f"{ROWS:,} rows, 12 columns; {speeds}", ours_seconds, peer_seconds,
            "psycopg executemany, no key, unverified",
            "same rows" if same == 0 else f"{same} rows differ", peak_memory_mib(),
        ),
    ]  # fmt: skip


def _differing(db: Connection) -> int:
    ((count,),) = db.execute(
        "select count(*) from (select * from reviews__next.fct_voices except select * from by_rows)"
    ).fetchall()
    return int(count)
