"""The dbt project's yml as it is written, read without starting dbt: models, versions, exposures.

dbt takes twenty seconds to read the project; these files have the same of what is published, and
a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from orchestration.dbt.short_entries import Document, EntryError, read_yml, yml_documents

_REF = re.compile(r"ref\(\s*'(\w+)'\s*(?:,\s*(?:v|version)\s*=\s*'?(\w+)'?\s*)?\)")
_HEAD = re.compile(r"-- (?:Grain|KPI): (.*(?:\n-- .*)*)")


@dataclass(frozen=True)
class Entry:
    """A model, or one version of it, as its yml entry describes it.

    Attributes:
        name: What the entry is called; all versions of a model share it.
        relation: What the table is called.
        sql: The file that makes it; None where there is none.
        columns: Column name to the column's entry.
        described_in: The yml file of the entry.
        version: None for a model without versions.
    """

    name: str
    relation: str
    schema: str
    sql: Path | None
    meta: Mapping[str, Any]
    description: str
    columns: Mapping[str, Mapping[str, Any]]
    described_in: Path
    version: int | None = None
    is_latest: bool = True
    deprecated_on: date | None = None

    @property
    def qualified(self) -> str:
        """The name that readers use: `schema.table`."""
        return f"{self.schema}.{self.relation}"

    @cached_property
    def text(self) -> str:
        """The model's SQL."""
        return self.sql.read_text(encoding="utf-8") if self.sql else ""

    @property
    def grain(self) -> str:
        """What the comment at the top says one row is, or what a KPI counts: its first sentence."""
        head = _HEAD.match(self.text)
        words = " ".join(line.strip("- ") for line in head[1].splitlines()) if head else ""
        return words.partition(". ")[0].rstrip(".;")


@dataclass(frozen=True)
class Project:
    """All models of the project, and those of them that exposures publish."""

    entries: tuple[Entry, ...]
    published: tuple[Entry, ...]

    @property
    def kpis(self) -> list[Entry]:
        """The KPIs, by code: models whose entry says whether they can be summed."""
        return sorted(
            (each for each in self.entries if "additivity" in each.meta and each.is_latest),
            key=lambda each: each.name,
        )


def read_project(project: Path) -> Project:
    """Read every yml file under `models/`.

    Raises:
        EntryError: An exposure names a model that no entry describes, or a short entry cannot be
            filled in.
    """
    documents = yml_documents(project)
    entries = described_entries(project, documents)
    found = {(entry.name, str(entry.version)): entry for entry in entries}
    found |= {(entry.name, "latest"): entry for entry in entries if entry.is_latest}
    published = []
    for path, document in documents.items():
        for exposure in document.get("exposures") or ():
            for listed in exposure.get("depends_on") or ():
                match = _REF.fullmatch(listed.strip())
                wanted = (match[1], match[2] or "latest") if match else None
                if wanted is None or wanted not in found:
                    raise EntryError(
                        f"{path.relative_to(project)}: exposure {exposure['name']} publishes "
                        f"{listed}, which no yml entry describes"
                    )
                published.append(found[wanted])
    return Project(entries, tuple(sorted(published, key=lambda each: each.qualified)))


def described_entries(project: Path, documents: Mapping[Path, Document]) -> tuple[Entry, ...]:
    """The models that yml documents describe, in the order of their files."""
    folders = _Folders(project)
    return tuple(
        entry
        for path, document in sorted(documents.items())
        for model in document.get("models") or ()
        for entry in _entries(model, path, folders)
    )


def references(entry: Entry) -> list[str]:
    """Names of the models that a model's SQL reads, in order."""
    return list(dict.fromkeys(name for name, _ in _REF.findall(entry.text)))


class _Folders:
    """What an entry needs of the folder around it: the schema, and the SQL beside it."""

    def __init__(self, project: Path) -> None:
        configured = read_yml(project / "dbt_project.yml")
        self._models = project / "models"
        self._schemas: Mapping[str, Any] = configured["models"][configured["name"]]
        self.files = {
            path.stem: path
            for path in sorted(self._models.rglob("*"))
            if path.suffix in {".sql", ".py"}
        }

    def schema_of(self, path: Path) -> str:
        """The innermost `+schema` of dbt_project.yml for a file."""
        schema, level = "main", self._schemas
        for part in path.relative_to(self._models).parent.parts:
            level = level.get(part) or {}
            schema = level.get("+schema", schema)
        return schema


def _entries(model: Mapping[str, Any], path: Path, folders: _Folders) -> Iterator[Entry]:
    name = model["name"]
    config = model.get("config") or {}
    sql = folders.files.get(name)
    columns = {column["name"]: column for column in model.get("columns") or ()}
    whole = Entry(
        name=name,
        relation=config.get("alias") or name,
        schema=config.get("schema") or folders.schema_of(sql or path),
        sql=sql,
        meta=config.get("meta") or {},
        description=_one_line(model.get("description")),
        columns=columns,
        described_in=path,
        deprecated_on=_day(model.get("deprecation_date")),
    )
    versions = model.get("versions") or ()
    latest = model.get("latest_version") or max((each["v"] for each in versions), default=None)
    for each in versions:
        number, own = each["v"], each.get("config") or {}
        file = folders.files.get(each.get("defined_in") or f"{name}_v{number}")
        yield replace(
            whole,
            relation=own.get("alias") or f"{name}_v{number}",
            # the latest one may stay in the file without a number
            sql=file or (sql if number == latest else None),
            meta={**whole.meta, **(own.get("meta") or {})},
            description=_one_line(each.get("description")) or whole.description,
            columns=_versioned(columns, each),
            version=int(number),
            is_latest=number == latest,
            deprecated_on=_day(each.get("deprecation_date")),
        )
    if not versions:
        yield whole


def _versioned(
    columns: Mapping[str, Mapping[str, Any]], version: Mapping[str, Any]
) -> dict[str, Mapping[str, Any]]:
    """A version's columns: the model's, less what it leaves out, and its own."""
    chosen: dict[str, Mapping[str, Any]] = dict(columns)
    for column in version.get("columns") or ():
        if "include" in column or "exclude" in column:
            included = column.get("include", "all")
            left_out = set(column.get("exclude") or ())
            chosen = {
                name: entry
                for name, entry in chosen.items()
                if (included in ("all", "*") or name in included) and name not in left_out
            }
    own = [column for column in version.get("columns") or () if "name" in column]
    return chosen | {column["name"]: column for column in own}


def _one_line(text: object) -> str:
    return " ".join(str(text or "").split())


def _day(value: object) -> date | None:
    match value:
        case None:
            return None
        case datetime():
            return value.date()
        case date():
            return value
        case _:
            return date.fromisoformat(str(value)[:10])
