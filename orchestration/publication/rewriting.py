"""A kept publication without a person: rewritten whole, and swapped for the old one in one step.

Rows that are the person go, other rows stay and name nobody, so that counts and money stay. The
database and the Parquet files are written anew, because what is deleted in place stays on the disk.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publication import store
from orchestration.publication.content_hash import combine_hashes, hash_table, literal, quoted
from orchestration.publication.draft import STORAGE_VERSION
from orchestration.publication.store import Published
from orchestration.publication.traces import (
    TableColumns,
    Traces,
    hit_sql,
    textual_tables,
    voice_mark,
)

_OLD, _NEW = "koubei_old", "koubei_new"
_PREFIX = ".draft-erased-"
# a row with such a key is the person or their words, and nothing is left of it without
_OWN_KEYS = ("customer_key", "text_sha256", "identity_key")
REPLACEMENT = "[已删除]"


def rewrite(published: Published, traces: Traces) -> int:
    """Take a person out of a publication; returns how many rows held a trace.

    Kill-safe: until the swap readers see the old folder, after it the new one, and doing it again
    finds nothing left to do.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(str(published.database))} as {_OLD} (read_only)")
        voices = _own_voices(connection, traces)
        changes = {
            table.qualified: selected
            for table in textual_tables(connection, _OLD)
            if (selected := _without(connection, published, table, traces, voices)) is not None
        }
        if not changes and not _files_with(published.path, traces):
            return 0
        draft = published.path.with_name(_PREFIX + published.publication_id)
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        rows = _write_database(
            connection, published, draft, {n: s for n, (_, s) in changes.items()}
        )
    _write_files(published, draft, traces, voices)
    _write_manifest(published, draft, rows)
    (draft / store.DATABASE).chmod(0o444)
    store.sync_tree(draft)
    swap(draft, published.path)
    shutil.rmtree(draft)
    return sum(count for count, _ in changes.values())


def swap(new: Path, old: Path) -> None:
    """Exchange two folders in one step, so that no reader finds neither."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        code = libc.renameat2(-100, os.fsencode(new), -100, os.fsencode(old), 2)
    except (OSError, AttributeError):
        code, number = -1, errno.ENOSYS
    else:
        number = ctypes.get_errno()
    if code == 0:
        return
    if number not in (errno.ENOSYS, errno.EINVAL):
        raise OSError(number, os.strerror(number), str(old))
    # a file system that cannot exchange: the old one keeps a name that is not cleaned away
    aside = old.with_name(f".aside-{old.name}")
    old.rename(aside)
    new.rename(old)
    aside.rename(new)


def _own_voices(connection: duckdb.DuckDBPyConnection, traces: Traces) -> list[str]:
    """Keys of the voices that are the person's, whose clauses other tables quote."""
    tables = {table.qualified: table for table in textual_tables(connection, _OLD)}
    voices = tables.get("reviews.fct_voices")
    if voices is None:
        return []
    hits = " or ".join(hit_sql(column, kind, traces.pattern) for column, kind in voices.columns)
    return [
        row[0]
        for row in connection.execute(
            f"select voice_key from {quoted(_OLD, 'reviews', 'fct_voices')} where {hits}"
        ).fetchall()
    ]


def _without(
    connection: duckdb.DuckDBPyConnection,
    published: Published,
    table: TableColumns,
    traces: Traces,
    voices: list[str],
) -> tuple[int, str] | None:
    """How many rows hold a trace, and the query of the table without it; None where none does."""
    place = quoted(_OLD, table.schema, table.name)
    hits = {column: hit_sql(column, kind, traces.pattern) for column, kind in table.columns}
    quotes = [column for column, _ in table.columns if column.endswith("_text")]
    # an empty list of keys is no SQL
    quoting = [
        f"coalesce({quoted(column)} in ({', '.join(map(literal, voices))}), false)"
        for column, _ in table.columns
        if voices and quotes and column.endswith(("voice_key", "subject_key"))
    ]
    if traces.words:
        whole = ", ".join(map(literal, traces.words))
        quoting += [f"coalesce({quoted(column)} in ({whole}), false)" for column in quotes]
    if not hits:
        return None
    counts = ", ".join(
        f"count(*) filter (where {hit})"
        for hit in [*hits.values(), " or ".join(quoting) or "false"]
    )
    found = connection.execute(f"select {counts} from {place}").fetchone()
    assert found is not None
    if not any(found):
        return None
    key = published.tables.get(table.qualified, {}).get("key", [])
    kinds = dict(table.columns)
    # known to nobody, so that what stands for the person cannot be computed from them
    salt = secrets.token_hex(16)
    values, gone = [], []
    for (column, named), count in zip(hits.items(), found, strict=False):
        is_quote = column in quotes and quoting
        if not (count or is_quote):
            continue
        hit = f"({named} or {' or '.join(quoting)})" if is_quote else named
        is_own = column in key and column.endswith(_OWN_KEYS)
        if is_own:
            gone.append(hit)
        elif kinds[column] not in ("VARCHAR", "JSON"):
            values.append(f"if({hit}, null, {quoted(column)}) as {quoted(column)}")
        else:
            value = _replaced(column, kinds[column], hit, traces, salt, is_key=column in key)
            values.append(f"{value} as {quoted(column)}")
    replaced = f" replace ({', '.join(values)})" if values else ""
    kept = f" where not ({' or '.join(gone)})" if gone else ""
    return max(found), f"select *{replaced} from {place}{kept}"


def _replaced(column: str, kind: str, hit: str, traces: Traces, salt: str, *, is_key: bool) -> str:
    """SQL of a value without the trace: null where it is all of it, else a mark in its place."""
    text = f"cast({quoted(column)} as varchar)"
    mark = f"'erased:' || substr(sha256({literal(salt)} || {text}), 1, 16)"
    cut = f"replace(regexp_replace({text}, {literal(traces.pattern)}, chr(1), 'g'), chr(1), {mark})"
    if column.endswith("_text"):
        cut = "null"
    elif not is_key:
        is_whole = f"regexp_full_match({text}, {literal(traces.pattern)})"
        cut = f"if({is_whole}, null, {cut})"
    return f"cast(if({hit}, {cut}, {text}) as {kind})"


def _write_database(
    connection: duckdb.DuckDBPyConnection,
    published: Published,
    draft: Path,
    changes: Mapping[str, str],
) -> dict[str, dict[str, Any]]:
    """Write every table anew; returns rows and hash of those that changed."""
    database = draft / store.DATABASE
    fresh = f"storage_version {literal(STORAGE_VERSION)}, recovery_mode no_wal_writes"
    connection.execute(f"attach {literal(str(database))} as {_NEW} ({fresh})")
    written: dict[str, dict[str, Any]] = {}
    tables = connection.execute(
        "select schema_name, table_name, comment from duckdb_tables() where database_name = ?",
        [_OLD],
    ).fetchall()
    comments = connection.execute(
        "select schema_name, table_name, column_name, comment from duckdb_columns() "
        "where database_name = ? and comment is not null",
        [_OLD],
    ).fetchall()
    shutil.copytree(published.path / "parquet", draft / "parquet", copy_function=shutil.copyfile)
    for schema in dict.fromkeys(schema for schema, *_ in tables):
        connection.execute(f"create schema if not exists {quoted(_NEW, schema)}")
    for schema, name, comment in tables:
        target, qualified = quoted(_NEW, schema, name), f"{schema}.{name}"
        source = changes.get(qualified, f"from {quoted(_OLD, schema, name)}")
        connection.execute(f"create table {target} as {source}")
        if comment:
            connection.execute(f"comment on table {target} is {literal(comment)}")
        if qualified in changes:
            content = hash_table(connection, target)
            written[qualified] = {"rows": content.rows, "content_hash": content.content_hash}
            parquet = draft / "parquet" / schema / f"{name}.parquet"
            connection.execute(
                f"copy {target} to {literal(str(parquet))} (format parquet, compression zstd)"
            )
    for schema, name, column, comment in comments:
        place = quoted(_NEW, schema, name, column)
        connection.execute(f"comment on column {place} is {literal(comment)}")
    connection.execute(f"checkpoint {_NEW}")
    connection.execute(f"detach {_NEW}")
    return written


def _files_with(folder: Path, traces: Traces) -> list[Path]:
    """The pages and documents of a publication that hold a trace."""
    wanted = [value.encode() for value in (*traces.values, *traces.words)]
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in (".duckdb", ".parquet")
        if any(value in (content := path.read_bytes()) for value in wanted) and content
    ]


def _write_files(published: Published, draft: Path, traces: Traces, voices: Sequence[str]) -> None:
    """Copy report and Data Docs, with a note where the person stood or was quoted."""
    held = set(_files_with(published.path, traces))
    marks = "|".join(voice_mark(voice) for voice in voices)
    quote = re.compile(f'(<q [^>]*data-of="(?:{marks})">)[^<]*(</q>)'.encode()) if marks else None
    for path in sorted(published.path.rglob("*")):
        target = draft / path.relative_to(published.path)
        if path.is_dir() or target.exists() or path.name == store.MANIFEST:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        is_page = quote is not None and path.suffix == ".html"
        if path not in held and not is_page:
            shutil.copyfile(path, target)
            continue
        content = path.read_bytes()
        if quote is not None and is_page:
            content = quote.sub(rb"\1" + REPLACEMENT.encode() + rb"\2", content)
        for value in (*traces.values, *traces.words):
            content = content.replace(value.encode(), REPLACEMENT.encode())
        target.write_bytes(content)


def _write_manifest(
    published: Published, draft: Path, written: Mapping[str, dict[str, Any]]
) -> None:
    manifest = dict(published.manifest)
    tables = {name: {**table, **written.get(name, {})} for name, table in published.tables.items()}
    manifest["tables"] = tables
    manifest["row_count"] = sum(
        table["rows"] for name, table in tables.items() if not name.startswith("meta.")
    )
    manifest["content_hash"] = combine_hashes(
        {name: table["content_hash"] for name, table in tables.items()}
    )
    manifest["is_rewritten"] = True
    (draft / store.MANIFEST).write_text(
        json.dumps(manifest, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8"
    )
