"""dbt's docs of a publication: one page, made of dbt's own, its manifest and the published file.

`dbt docs generate` starts dbt, reads the project again and describes the file that it builds. What
a page needs is there already: the manifest of the run that published, and the tables that readers
see. The page is made on the first request, in a second, and kept under `dbt/docs/` in the home for
as long as the publication is.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import duckdb

from orchestration.dbt.project import read_manifest
from orchestration.home.errors import KoubeiError, one_line
from orchestration.home.settings import Settings
from orchestration.publication import store
from orchestration.publication.store import Published
from orchestration.serving.guide import overview

_MACHINE: Final = ("build_path", "compiled_path", "root_path")
_TABLES: Final = """
select schema_name, table_name, comment, estimated_size from duckdb_tables() where not internal
"""
_COLUMNS: Final = """
select schema_name, table_name, column_name, data_type, column_index, comment
from duckdb_columns() where not internal order by all
"""
_one_at_a_time = threading.Lock()


class DocsError(KoubeiError):
    """There is no manifest to make the docs of, or the publication cannot be read."""


def docs_of(settings: Settings, published: Published) -> str:
    """The page, from the cache or made now.

    Raises:
        DocsError: dbt's manifest is gone or unreadable; the message says what makes it.
    """
    cached = settings.dbt_path / "docs" / f"{published.publication_id}.html"
    with _one_at_a_time:
        if not cached.exists():
            page = _rendered(_manifest(settings, published), _catalog(published))
            # a home that cannot be written to is served all the same
            with suppress(OSError):
                _keep(cached, page, published.path.parent)
            return page
    return cached.read_text(encoding="utf-8")


def _keep(cached: Path, page: str, folder: Path) -> None:
    cached.parent.mkdir(parents=True, exist_ok=True)
    fresh = cached.with_name(f".{cached.name}.{os.getpid()}")
    fresh.write_text(page, encoding="utf-8")
    fresh.replace(cached)
    names = {f"{each.publication_id}.html" for each in store.kept(folder)}
    for path in cached.parent.glob("*.html"):
        if path.name not in names:
            path.unlink(missing_ok=True)


def _manifest(settings: Settings, published: Published) -> dict[str, Any]:
    """The manifest of the run that published; of the project as it stands where that is gone."""
    run = settings.dbt_path / "runs" / str(published.manifest.get("run_id"))[:8] / "manifest.json"
    path = run if run.exists() else settings.manifest_path
    try:
        manifest = read_manifest(path)
    except (OSError, ValueError):
        raise DocsError(
            "没有 dbt 清单；dbt's manifest is not there: koubei refresh makes it"
        ) from None
    for node in [*manifest["nodes"].values(), *manifest["sources"].values()]:
        for name in _MACHINE:
            if name in node:
                node[name] = None
    manifest.setdefault("docs", {})["doc.koubei.__overview__"] = {
        "name": "__overview__", "package_name": "koubei", "block_contents": overview(),
    }  # fmt: skip
    # dbt's page would else tell its makers who looks at it
    manifest["metadata"]["send_anonymous_usage_stats"] = False
    return manifest


def _catalog(published: Published) -> dict[tuple[str, str], dict[str, Any]]:
    """Every published table as dbt's catalog describes one, by schema and name."""
    try:
        with duckdb.connect(str(published.database), read_only=True) as connection:
            tables = connection.execute(_TABLES).fetchall()
            columns = connection.execute(_COLUMNS).fetchall()
    except duckdb.Error as error:
        raise DocsError(f"{published.database.name}: {one_line(error)}") from None
    catalog = {(schema, name): _table(schema, name, *said) for schema, name, *said in tables}
    for schema, table, name, kind, index, comment in columns:
        if (schema, table) in catalog:
            catalog[schema, table]["columns"][name] = {
                "name": name, "type": kind, "index": index, "comment": comment,
            }  # fmt: skip
    return catalog


def _table(schema: str, name: str, comment: str | None, rows: int) -> dict[str, Any]:
    count = {
        "id": "row_count", "label": "Rows", "value": rows, "include": True,
        "description": "Rows that are published",
    }  # fmt: skip
    has_stats = {
        "id": "has_stats", "label": "Has Stats?", "value": True, "include": False,
        "description": "",
    }  # fmt: skip
    return {
        "metadata": {
            "type": "BASE TABLE", "schema": schema, "name": name, "database": "koubei",
            "comment": comment, "owner": None,
        },
        "columns": {},
        "stats": {"has_stats": has_stats, "row_count": count},
    }  # fmt: skip


def _rendered(
    manifest: Mapping[str, Any], catalog: Mapping[tuple[str, str], dict[str, Any]]
) -> str:
    # only where a page is made, for dbt takes a moment to import
    from dbt.task.docs import DOCS_INDEX_FILE_PATH  # noqa: PLC0415

    document = {
        "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/catalog/v1.json"},
        "nodes": dict(_catalogued(manifest, catalog)),
        "sources": {},
        "errors": None,
    }
    page = Path(DOCS_INDEX_FILE_PATH).read_text(encoding="utf-8")
    for name, data in (("MANIFEST", manifest), ("CATALOG", document)):
        place = f'"{name}.JSON INLINE DATA"'
        if page.count(place) != 1:
            raise DocsError(
                "dbt 文档页面已变；dbt's page of docs is not the one that is known here"
            )
        # a description that holds </script> must not end the script
        written = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
        page = page.replace(place, written)
    return page


def _catalogued(
    manifest: Mapping[str, Any], catalog: Mapping[tuple[str, str], dict[str, Any]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for unique_id, node in manifest["nodes"].items():
        key = (str(node.get("schema")), str(node.get("alias") or node["name"]))
        if node["resource_type"] == "model" and key in catalog:
            yield unique_id, catalog[key] | {"unique_id": unique_id}
