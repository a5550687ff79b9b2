"""The ledger of runs: what was checked, what was published or refused, and which numbers moved.

It lives in schema `meta` of the build file. For what was published, the manifests in the published
folder are the truth, and the ledger is healed from them; a refusal is known only here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, Literal

import duckdb

Verdict = Literal["published", "refused", "unchanged"]

_TABLES = """
create schema if not exists meta;
create table if not exists meta.checks (
    run_id varchar, load_id bigint, check_name varchar, kind varchar, table_name varchar,
    severity varchar, is_passed boolean, failing_count bigint, message varchar, sample_rows json
);
create table if not exists meta.publications (
    publication_id varchar, as_of date, load_id bigint, run_id varchar, verdict varchar,
    reason varchar, table_count bigint, row_count bigint, content_hash varchar,
    published_at timestamp, code_version varchar
);
create table if not exists meta.restatements (
    publication_id varchar, table_name varchar, row_key varchar, column_name varchar,
    old_value varchar, new_value varchar, period_start date, cause_files varchar
);
"""

_SAID = """
select said.check_name, said.kind, said.table_name, said.severity, said.is_passed,
    said.failing_count, said.message, said.sample_rows
from (select unnest(from_json(?, '[{"check_name": "varchar", "kind": "varchar",
    "table_name": "varchar", "severity": "varchar", "is_passed": "boolean",
    "failing_count": "bigint", "message": "varchar", "sample_rows": "json"}]')) as said)
"""


@dataclass(frozen=True)
class CheckResult:
    """One check of one run: a dbt test, an expectation (`kind` gx) or an audit of scores.

    `sample_rows` are some of the rows that fail, each a mapping of column to value.
    """

    check_name: str
    kind: Literal["dbt", "gx", "audit"]
    table_name: str | None
    severity: str
    is_passed: bool
    failing_count: int | None = None
    message: str | None = None
    sample_rows: Sequence[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class LedgerEntry:
    """One verdict: what a run came to. `publication_id` is null when it was refused."""

    publication_id: str | None
    as_of: date | None
    load_id: int
    run_id: str
    verdict: Verdict
    reason: str | None = None
    table_count: int | None = None
    row_count: int | None = None
    content_hash: str | None = None
    published_at: datetime | None = None
    code_version: str | None = None


def create_ledger(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of schema `meta` where they are missing."""
    connection.execute(_TABLES)


def has_ledger(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the database has a ledger yet; a read-only connection cannot make one."""
    found = connection.execute(
        "select count(*) from duckdb_tables() "
        "where database_name = current_database() and schema_name = 'meta' "
        "and table_name in ('checks', 'publications', 'restatements')"
    ).fetchone()
    return found is not None and found[0] == 3


def record_checks(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    load_id: int,
    results: Sequence[CheckResult],
) -> None:
    """Keep the checks of a run; recording the same run again replaces what it said before."""
    said = json.dumps([asdict(result) for result in results], ensure_ascii=False, default=str)
    # several calls of one run (landed door, dbt, marts door) add up; the same check replaces itself
    with transaction(connection):
        connection.execute(f"create or replace temp table said as {_SAID}", [said])
        connection.execute(
            "delete from meta.checks as kept using said where kept.run_id = ? "
            "and kept.check_name = said.check_name and kept.kind = said.kind "
            "and kept.table_name is not distinct from said.table_name",
            [run_id],
        )
        connection.execute("insert into meta.checks select ?, ?, * from said", [run_id, load_id])
        connection.execute("drop table said")


def record_verdict(connection: duckdb.DuckDBPyConnection, entry: LedgerEntry) -> None:
    """Keep what a run came to; saying it again for the same run and publication changes nothing."""
    with transaction(connection):
        write_verdict(connection, entry)


def write_verdict(connection: duckdb.DuckDBPyConnection, entry: LedgerEntry) -> None:
    """As `record_verdict`, inside a transaction of the caller's."""
    connection.execute(
        "delete from meta.publications where run_id = ? and publication_id is not distinct from ?",
        [entry.run_id, entry.publication_id],
    )
    connection.execute(
        "insert into meta.publications values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        list(asdict(entry).values()),
    )


def last_verdict(connection: duckdb.DuckDBPyConnection) -> LedgerEntry | None:
    """What the latest run came to, or None before the first."""
    return _entry(connection, "true")


def last_published(connection: duckdb.DuckDBPyConnection) -> LedgerEntry | None:
    """The latest run that published, or None before the first."""
    return _entry(connection, "verdict = 'published'")


def published_ids(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Ids that were ever given out, also those that have been pruned since."""
    rows = connection.execute(
        "select distinct publication_id from meta.publications where verdict = 'published'"
    ).fetchall()
    return {publication_id for (publication_id,) in rows}


def failed_checks(
    connection: duckdb.DuckDBPyConnection, run_id: str | None = None
) -> list[dict[str, Any]]:
    """The checks of a run (the last verdict's when None) that failed, the blocking ones first."""
    cursor = connection.execute(
        "select check_name, kind, table_name, severity, failing_count, message, sample_rows "
        "from meta.checks where not is_passed and run_id = coalesce(?, "
        "(select run_id from meta.publications order by rowid desc limit 1)) "
        "order by severity in ('error', 'critical') desc, check_name",
        [run_id],
    )
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [{**row, "sample_rows": json.loads(row["sample_rows"] or "[]")} for row in rows]


def _entry(connection: duckdb.DuckDBPyConnection, condition: str) -> LedgerEntry | None:
    row = connection.execute(
        f"select * from meta.publications where {condition} "
        "order by load_id desc, rowid desc limit 1"
    ).fetchone()
    return None if row is None else LedgerEntry(*row)


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of the statements inside, or none."""
    connection.execute("begin")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")
