"""Writing the tables of a publication into its draft, and proving that they arrived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.home.errors import KoubeiError
from orchestration.publication.content_hash import Content, columns_of, hash_table, literal, quoted
from orchestration.publication.exposures import ExposedModel
from orchestration.publication.meta_tables import META_TABLES

# today's BI drivers open this storage version
STORAGE_VERSION = "v1.4.0"
_DRAFT = "koubei_draft"


class DraftError(KoubeiError):
    """What was written is not what was built; nothing was published."""


@dataclass(frozen=True)
class Table:
    """One table to publish.

    Attributes:
        source: A table of the build file or a subquery, as it stands after `from`.
        counts: The rows that count in comparisons, as `source`; None when none do.
        skip: Columns left out of comparisons.
    """

    schema: str
    name: str
    key: tuple[str, ...]
    source: str
    counts: str | None
    skip: tuple[str, ...]
    comment: str
    column_comments: Mapping[str, str]

    @property
    def qualified(self) -> str:
        """The name that readers use: `schema.table`."""
        return f"{self.schema}.{self.name}"


def tables_to_publish(models: Sequence[ExposedModel]) -> list[Table]:
    """The exposed models, then the tables of schema `meta`."""
    of_models = [
        Table(
            schema=model.schema,
            name=model.name,
            key=model.key,
            source=quoted(model.schema, model.name),
            counts=quoted(model.schema, model.name),
            skip=(),
            comment=model.description,
            column_comments={name: each.description for name, each in model.columns.items()},
        )
        for model in models
    ]
    of_meta = [
        Table(
            schema="meta",
            name=meta.name,
            key=meta.key,
            source=f"({meta.select})",
            counts=f"(select * from ({meta.select}) where {meta.counts})" if meta.counts else None,
            skip=meta.clock,
            comment=f"{meta.label_zh}；{meta.label_en}",
            column_comments={name: "；".join(both) for name, both in meta.columns.items()},
        )
        for meta in META_TABLES
    ]
    return [*of_models, *of_meta]


def write_tables(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[Table],
    database: Path,
    parquet: Path,
    known: Mapping[str, Content],
) -> dict[str, Content]:
    """Write `tables` to a new DuckDB file and, one file each, to Parquet.

    The database is written without a log of its own, checkpointed and detached, then opened again
    read-only: counts and hashes are of what is on the disk, and Parquet is written from there.

    Args:
        connection: The build file, with what `meta_tables.prepare` makes.
        tables: What to write.
        database: The file to make.
        parquet: The folder that gets `<schema>/<table>.parquet`.
        known: Contents of tables of the build that were hashed already.

    Returns:
        `schema.table` to rows and hash of the whole table as written.

    Raises:
        DraftError: A table on the disk differs from the one that was built, or a log was left.
    """
    built: dict[str, Content] = {}
    fresh = f"storage_version {literal(STORAGE_VERSION)}, recovery_mode no_wal_writes"
    with _attached(connection, database, fresh):
        for schema in dict.fromkeys(table.schema for table in tables):
            connection.execute(f"create schema {quoted(_DRAFT, schema)}")
        for table in tables:
            target = quoted(_DRAFT, table.schema, table.name)
            connection.execute(f"create table {target} as select * from {table.source}")
            _replay_comments(connection, target, table)
            built[table.qualified] = known.get(table.qualified) or hash_table(
                connection, table.source
            )
        connection.execute(f"checkpoint {_DRAFT}")
    if database.with_name(database.name + ".wal").exists():
        raise DraftError(f"{database.name}: a live log was left beside it; nothing was published")
    written = {}
    with _attached(connection, database, "read_only"):
        for table in tables:
            target = quoted(_DRAFT, table.schema, table.name)
            written[table.qualified] = hash_table(connection, target)
            if written[table.qualified] != built[table.qualified]:
                raise DraftError(
                    f"{table.qualified}: {written[table.qualified].rows} rows were written and "
                    f"{built[table.qualified].rows} were built, or their content differs; "
                    "nothing was published: is the disk sound?"
                )
            folder = parquet / table.schema
            folder.mkdir(parents=True, exist_ok=True)
            connection.execute(
                f"copy {target} to {literal(str(folder / table.name) + '.parquet')} "
                "(format parquet, compression zstd)"
            )
    return written


def _replay_comments(connection: duckdb.DuckDBPyConnection, target: str, table: Table) -> None:
    """CTAS drops comments, and they are what a BI tool shows beside a column."""
    if table.comment:
        connection.execute(f"comment on table {target} is {literal(table.comment)}")
    for column in columns_of(connection, target):
        if comment := table.column_comments.get(column.name):
            connection.execute(
                f"comment on column {target}.{quoted(column.name)} is {literal(comment)}"
            )


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, path: Path, options: str) -> Iterator[None]:
    connection.execute(f"attach {literal(str(path))} as {_DRAFT} ({options})")
    try:
        yield
    except BaseException:
        # after a full disk the draft cannot be closed properly either, and why it failed matters
        with suppress(duckdb.Error):
            connection.execute(f"detach {_DRAFT}")
        raise
    connection.execute(f"detach {_DRAFT}")
