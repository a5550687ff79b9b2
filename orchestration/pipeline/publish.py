"""Publishing: a draft folder, a rename, one pointer. A reader sees yesterday or today, never half.

`publish` runs inside a refresh that holds the home's lock. The ledger is written last; a kill
before that is healed by `recover` from the manifests, which are the truth for what was published.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from expectations.data_docs import write_data_docs
from orchestration.home.errors import one_line
from orchestration.home.settings import Settings
from orchestration.pipeline.state import RunState
from orchestration.publication import ledger, store
from orchestration.publication.connections import open_file
from orchestration.publication.content_hash import Content, combine_hashes, hash_table, literal
from orchestration.publication.dictionary import write_dictionary
from orchestration.publication.draft import Table, tables_to_publish, write_tables
from orchestration.publication.exposures import ExposedModel, exposed_models, read_manifest_of_dbt
from orchestration.publication.feed_health import Health, as_of_date, has_landing, read_health
from orchestration.publication.labels import Labels, read_labels
from orchestration.publication.meta_tables import prepare
from orchestration.publication.preconditions import (
    DISK_AND_MEMORY,
    PublishError,
    require_built,
    require_space,
    translate_errors,
)
from orchestration.publication.restatements import find_restatements
from orchestration.publication.store import Publication, Published
from orchestration.report.front_page import rewrite_front_page
from orchestration.report.write import write_report


@dataclass(frozen=True)
class _Plan:
    """What one publication will hold, decided before its first byte is written."""

    entry: ledger.LedgerEntry
    models: Sequence[ExposedModel]
    tables: Sequence[Table]
    contents: Mapping[str, Content]
    previous: Published | None
    moved: Mapping[str, int]
    data_docs: Path | None
    labels: Labels


def publish(state: RunState) -> Publication:
    """Publish what the run has built; every blocking check holds by now.

    Raises:
        KoubeiError: Nothing was published; the message says why.
    """
    settings = state.settings
    state.progress.update("publish", 0, 1)
    with state.step("publish"):
        data_docs = settings.work_path / "quality"
        write_data_docs(state.verdicts, data_docs)
        state.publication = publish_build(
            settings,
            manifest_path=settings.manifest_path,
            run_id=state.run_id,
            load_id=state.load_id,
            data_docs=data_docs,
        )
    state.progress.update("publish", 1, 1)
    return state.publication


def publish_build(
    settings: Settings,
    *,
    manifest_path: Path,
    run_id: str,
    load_id: int,
    data_docs: Path | None = None,
) -> Publication:
    """Publish what stands in the build file, unless readers already see the same content.

    The gate is the caller's: by the time this is called, every blocking check holds.

    Args:
        settings: Where the home is, and how many publications are kept.
        manifest_path: dbt's manifest; its exposures say what is published.
        run_id: The run, as in `meta.checks`.
        load_id: The highest load that the build has seen.
        data_docs: A folder of Data Docs, copied to `quality/`.

    Raises:
        KoubeiError: Nothing was published and no draft is left; the message says why.
    """
    folder = settings.published_path
    with translate_errors(folder), open_file(settings.warehouse_path) as connection:
        models = exposed_models(read_manifest_of_dbt(manifest_path))
        require_built(connection, models)
        as_of = as_of_date(connection) if has_landing(connection) else None
        if as_of is None:
            raise PublishError("nothing has landed, so there is nothing to publish")
        ledger.create_ledger(connection)
        prepare(connection, run_id, as_of)
        write_dictionary(connection, models)
        tables = tables_to_publish(models)
        contents = {
            table.qualified: hash_table(connection, table.counts, table.skip)
            for table in tables
            if table.counts
        }
        parts = {name: content.content_hash for name, content in contents.items()}
        content_hash = combine_hashes(parts)
        seen = store.current(folder)
        marts = [contents[model.qualified] for model in models]
        entry = ledger.LedgerEntry(
            publication_id=seen.publication_id if seen else None,
            as_of=as_of,
            load_id=load_id,
            run_id=run_id,
            verdict="unchanged",
            table_count=len(marts),
            row_count=sum(content.rows for content in marts),
            content_hash=content_hash,
            published_at=_now(settings.timezone),
            code_version=code_version(),
        )
        if seen is not None and seen.manifest["content_hash"] == content_hash:
            ledger.record_verdict(connection, entry)
            rewrite_front_page(settings, connection)
            rows = {name: table["rows"] for name, table in seen.tables.items()}
            return Publication(seen.publication_id, as_of, rows, False, seen.path)
        folder.mkdir(parents=True, exist_ok=True)
        require_space(settings, connection, models, seen)
        publication_id = store.next_id(folder, as_of, ledger.published_ids(connection))
        entry = replace(entry, verdict="published", publication_id=publication_id)
        plan = _Plan(
            entry=entry,
            models=models,
            tables=tables,
            contents=contents,
            previous=seen,
            moved=_restate(connection, models, seen, publication_id),
            data_docs=data_docs,
            labels=read_labels(settings),
        )
        draft = folder / f".draft-{publication_id}"
        try:
            written = _write_draft(connection, draft, plan)
            path = store.put_in_place(draft, folder, publication_id)
        except BaseException:
            with suppress(OSError):
                store.recover_publications(folder)
            raise
        _finish(settings, connection, entry)
    return Publication(
        publication_id, as_of, {name: each.rows for name, each in written.items()}, True, path
    )


def recover(settings: Settings) -> list[str]:
    """Put the published folder and the ledger right after a kill; the start of every run.

    Stale drafts go, a publication that the ledger does not know is entered from its manifest, with
    its restatements from its own database, and the page that readers keep open says what stands.

    Returns:
        What was removed and what was entered, for the log.
    """
    with translate_errors(settings.published_path):
        done = store.recover_publications(settings.published_path)
        publications_kept = store.kept(settings.published_path)
        if not publications_kept and not settings.warehouse_path.exists():
            return done
        settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
        with open_file(settings.warehouse_path) as connection:
            ledger.create_ledger(connection)
            known = ledger.published_ids(connection)
            for published in publications_kept:
                if published.publication_id not in known:
                    _enter(connection, published)
                    done.append(published.publication_id)
            rewrite_front_page(settings, connection)
    return done


def code_version() -> str:
    """The version of the installed package."""
    try:
        return metadata.version("koubei")
    except metadata.PackageNotFoundError:
        return "unknown"


def _now(zone: str) -> datetime:
    return datetime.now(ZoneInfo(zone)).replace(tzinfo=None)


def _restate(
    connection: duckdb.DuckDBPyConnection,
    models: Sequence[ExposedModel],
    seen: Published | None,
    publication_id: str,
) -> dict[str, int]:
    """Fill `these_restatements`; returns how many numbers moved in each table."""
    if seen is None:
        return {}
    connection.execute(f"attach {literal(str(seen.database))} as koubei_previous (read_only)")
    try:
        moved = find_restatements(
            connection,
            models,
            previous="koubei_previous",
            previous_as_of=seen.as_of,
            previous_load_id=seen.manifest["load_id"],
        )
    finally:
        connection.execute("detach koubei_previous")
    connection.execute(
        "insert into these_restatements select ?, * from restatements", [publication_id]
    )
    return moved


def _write_draft(
    connection: duckdb.DuckDBPyConnection, draft: Path, plan: _Plan
) -> dict[str, Content]:
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    connection.execute(
        "insert into this_publication values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        list(asdict(plan.entry).values()),
    )
    known = {model.qualified: plan.contents[model.qualified] for model in plan.models}
    database = draft / store.DATABASE
    written = write_tables(connection, plan.tables, database, draft / "parquet", known)
    if plan.data_docs is not None and plan.data_docs.is_dir():
        shutil.copytree(plan.data_docs, draft / "quality")
    health = read_health(connection)
    manifest = _manifest(connection, plan, written, health)
    write_report(
        connection,
        draft / "report.html",
        manifest=manifest,
        models=plan.models,
        health=health,
        labels=plan.labels,
    )
    (draft / store.MANIFEST).write_text(
        json.dumps(manifest, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8"
    )
    # a reader that forgets to ask for read-only would leave a log beside what everybody reads
    database.chmod(0o444)
    return written


def _manifest(
    connection: duckdb.DuckDBPyConnection,
    plan: _Plan,
    written: Mapping[str, Content],
    health: Health,
) -> dict[str, Any]:
    entry, previous = plan.entry, plan.previous
    checks = connection.execute(
        "select check_name, kind, table_name, severity, is_passed, failing_count "
        "from meta.checks where run_id = ? order by all",
        [entry.run_id],
    )
    names = [column[0] for column in checks.description]
    checked = [dict(zip(names, row, strict=True)) for row in checks.fetchall()]
    files = connection.execute(
        "select file_name, sha256 from raw.files "
        "where outcome = 'landed' and superseded_load_id is null and load_id > ? "
        "order by file_name, sha256",
        [previous.manifest["load_id"] if previous else -1],
    ).fetchall()
    return {
        **asdict(entry),
        "published_at": entry.published_at.isoformat() if entry.published_at else None,
        "as_of": entry.as_of.isoformat() if entry.as_of else None,
        "duckdb_version": duckdb.__version__,
        "previous": previous.publication_id if previous else None,
        "tables": {
            table.qualified: {**asdict(written[table.qualified]), "key": list(table.key)}
            for table in plan.tables
        },
        "checks": checked,
        "restatements": dict(plan.moved),
        # all files stand in meta.files; these are the ones since the previous publication
        "source_files": [{"file_name": name, "sha256": sha256} for name, sha256 in files],
        "health": health.as_dict(),
    }


def _finish(
    settings: Settings, connection: duckdb.DuckDBPyConnection, entry: ledger.LedgerEntry
) -> None:
    """Readers see it already; what is left can be done again by the next run."""
    try:
        with ledger.transaction(connection):
            connection.execute("insert into meta.restatements select * from these_restatements")
            ledger.write_verdict(connection, entry)
        rewrite_front_page(settings, connection)
        store.prune(settings.published_path, settings.keep_publications)
    except (OSError, *DISK_AND_MEMORY) as error:
        raise PublishError(
            f"{entry.publication_id} is published, but the ledger or the older publications could "
            f"not be brought up to date ({one_line(error)}); the next run does it: "
            "koubei refresh"
        ) from error


def _enter(connection: duckdb.DuckDBPyConnection, published: Published) -> None:
    manifest = published.manifest
    entry = ledger.LedgerEntry(
        publication_id=published.publication_id,
        as_of=published.as_of,
        load_id=manifest["load_id"],
        run_id=manifest["run_id"],
        verdict="published",
        reason=manifest.get("reason"),
        table_count=manifest["table_count"],
        row_count=manifest["row_count"],
        content_hash=manifest["content_hash"],
        published_at=published.published_at,
        code_version=manifest["code_version"],
    )
    connection.execute(f"attach {literal(str(published.database))} as koubei_healed (read_only)")
    try:
        with ledger.transaction(connection):
            connection.execute(
                "insert into meta.restatements select * from koubei_healed.meta.restatements "
                "where publication_id = ?",
                [published.publication_id],
            )
            ledger.write_verdict(connection, entry)
    finally:
        connection.execute("detach koubei_healed")
