"""A real PostgreSQL for the tests, and small publications by hand to follow."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from orchestration.home.settings import Settings, load_settings
from orchestration.publication import store
from orchestration.publication.content_hash import combine_hashes, hash_table
from orchestration.publication.draft import STORAGE_VERSION
from orchestration.publication.feed_health import Health

PASSWORD = "se/cr3t@p#ss"


@dataclass(frozen=True)
class Server:
    """A running server, reached over its socket."""

    host: str

    def dsn(self, database: str, user: str = "postgres", **more: str) -> str:
        """A connection string of a database."""
        return psycopg.conninfo.make_conninfo(host=self.host, dbname=database, user=user, **more)


def start(folder: Path) -> Any:
    """Start a server; None where the wheel is not there, which CI does not forgive."""
    try:
        import pgserver
    except ImportError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL to test with: {error}")
    return pgserver.get_server(folder, cleanup_mode="delete")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    # a socket's path may not be longer than a hundred letters, which pytest's own folders are
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    running = start(folder)
    hba = folder / "pg_hba.conf"
    hba.write_text(f"local all locked scram-sha-256\n{hba.read_text()}")
    made = Server(str(folder))
    with psycopg.connect(made.dsn("postgres"), autocommit=True) as db:
        db.execute("alter system set fsync = off")
        db.execute("select pg_reload_conf()")
        db.execute(f"create role locked login password '{PASSWORD}'")
        for role in ("publisher", "reader", "half_reader", "outsider", "analyst", "owner"):
            db.execute(f"create role {role} login")
    yield made
    running.cleanup()


@dataclass
class World:
    """A home with publications by hand, and a database of its own that follows it."""

    settings: Settings
    server: Server
    database: str
    made: list[str] = field(default_factory=list)

    def dsn(self, user: str = "postgres", **more: str) -> str:
        return self.server.dsn(self.database, user, **more)

    def asked(self, sql: str, *values: object, user: str = "postgres") -> list[tuple[Any, ...]]:
        """Rows of one statement in a session of its own."""
        with psycopg.connect(self.dsn(user), autocommit=True) as db:
            cursor = db.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def publish(self, number: int, tables: Mapping[str, str] | None = None, **more: Any) -> str:
        """Write a publication and move the pointer to it; what it holds follows from its number."""
        name = write_publication(
            self.settings.published_path, number, tables or publication_tables(number), **more
        )
        store.point(self.settings.published_path, name)
        self.made.append(name)
        return name

    def duckdb(self, name: str, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a publication of the home."""
        with duckdb.connect(
            str(self.settings.published_path / name / "koubei.duckdb"), read_only=True
        ) as db:
            return db.execute(sql).fetchall()


@pytest.fixture
def world(server: Server, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    database = f"d{abs(hash((request.node.name, os.getpid())))}"
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as db:
        db.execute(f"create database {database} owner publisher")
    (tmp_path / "home" / "published").mkdir(parents=True)
    settings = load_settings(home=tmp_path / "home", postgres_dsn=server.dsn(database, "publisher"))
    yield World(settings, server, database)
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as db:
        db.execute(f"drop database {database} with (force)")


def publication_tables(number: int) -> dict[str, str]:
    """Tables that all say which publication they are of, and whose counts follow from it."""
    return {
        "reviews.fct_voices": f"""
            select 'v' || i as voice_key, 'p{number:03d}' as publication_id,
                date '2026-10-01' + cast(i % 30 as integer) as posted_date, 'c' || i as customer_key
            from range({100 + number}) as t(i)""",
        "kpis.kpi_history": f"""
            select 'k' || i as kpi_code, 'p{number:03d}' as publication_id, i / 7.0 as value
            from range({10 + number}) as t(i)""",
    }


KEYS: dict[str, tuple[str, ...]] = {
    "reviews.fct_voices": ("voice_key",),
    "kpis.kpi_history": ("kpi_code",),
    "meta.publications": ("run_id", "publication_id"),
}


def write_publication(
    folder: Path,
    number: int,
    tables: Mapping[str, str],
    *,
    comments: Sequence[str] = (),
    keys: Mapping[str, tuple[str, ...]] = KEYS,
) -> str:
    """A folder as `orchestration.pipeline.publish` leaves it, as far as a follower looks at it."""
    name = f"p{number:03d}"
    draft = folder / f".draft-{name}"
    draft.mkdir()
    published_at = datetime(2026, 11, 1) + timedelta(days=number)
    meta = (
        f"select * from (values ('{name}', 'run {number}', 'published', "
        f"timestamp '{published_at}'), ('p000', 'run 0', 'published', timestamp '2026-10-01'), "
        "(null, 'run r', 'refused', timestamp '2026-10-02')) "
        "as t(publication_id, run_id, verdict, published_at)"
    )
    contents = {}
    with duckdb.connect() as db:
        path = draft / "koubei.duckdb"
        db.execute(f"attach '{path}' as made (storage_version '{STORAGE_VERSION}')")
        for table, sql in {**tables, "meta.publications": meta}.items():
            db.execute(f"create schema if not exists made.{table.partition('.')[0]}")
            db.execute(f"create table made.{table} as {sql}")
        for comment in comments:
            db.execute(comment)
        for table in (*tables, "meta.publications"):
            contents[table] = hash_table(db, f"made.{table}")
        db.execute("detach made")
    manifest = {
        "publication_id": name,
        "as_of": str(date(2026, 10, 31)),
        "published_at": published_at.isoformat(),
        "content_hash": combine_hashes({table: each.content_hash for table, each in contents.items()}),
        "duckdb_version": duckdb.__version__,
        "health": Health().as_dict(),
        "table_count": len(tables),
        "row_count": sum(each.rows for each in contents.values()),
        "tables": {
            table: {
                "rows": each.rows, "content_hash": each.content_hash,
                "key": list(keys.get(table, ())),
            }
            for table, each in contents.items()
        },
    }  # fmt: skip
    for table in contents:
        (draft / "parquet" / table.partition(".")[0]).mkdir(parents=True, exist_ok=True)
    (draft / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    draft.rename(folder / name)
    return name
