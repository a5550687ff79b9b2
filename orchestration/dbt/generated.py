"""What dbt reads beside the project's own files, generated: not in git, but in every home.

- the sources, from the feeds;
- the yml entries that are written short, in full (`short_entries.py`);
- the semantic models and metrics of the KPIs (`semantic.py`);
- the macro `kpi_models()`: dbt must know which models `kpi_rows` reads before it has read an entry.

`model-paths` and `macro-paths` of dbt_project.yml name their folder, which dbt wants inside the
project. An installed project may be read-only, so a home has a project of its own: links to the
files, and the generated ones. For dbt called by hand `make interface` writes them beside it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from ingestion.contracts.feeds import load_feeds
from ingestion.raw.dbt_sources import dbt_sources
from orchestration.dbt.semantic import semantic_layer
from orchestration.dbt.short_entries import full_documents
from orchestration.dbt.yaml_entries import Entry, Project, described_entries

FOLDER: Final = "generated"
_NOT_LINKED: Final = {FOLDER, "target", "logs", "__pycache__"}
_HEADER: Final = "# Generated from the feeds and from the entries under dbt_project/models.\n"
_KPI_MODELS: Final = """\
{{# Generated from the entries of the KPIs. #}}
{{% macro kpi_models() %}}
    {{{{ return([
        {rows}
    ]) }}}}
{{% endmacro %}}
"""


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes what entries share in full, for dbt changes what it has read."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def generate(project: Path) -> dict[str, str]:
    """Path in the folder of generated files to the text of each.

    Raises:
        EntryError: The project's yml names something that is not there.
    """
    full = full_documents(project)
    kpis = Project(described_entries(project, full), ()).kpis
    documents = {path.relative_to(project).as_posix(): full[path] for path in full}
    documents["models/staging/_sources.yml"] = dbt_sources(load_feeds())
    documents["models/kpis/_semantic_models.yml"] = semantic_layer(kpis)
    return {
        **{path: _HEADER + _as_yml(document) for path, document in documents.items()},
        "macros/kpi_models.sql": _kpi_models(kpis),
    }


def write_generated(project: Path, folder: Path) -> None:
    """Write the generated files of a project into a folder; what stood there is gone.

    Raises:
        EntryError: The project's yml names something that is not there.
    """
    texts = generate(project)
    shutil.rmtree(folder, ignore_errors=True)
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def link_project(project: Path, folder: Path) -> None:
    """Make a folder the project by links to all that stands in it, but for what was generated."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {path.name: path for path in project.iterdir() if path.name not in _NOT_LINKED}
    for link in folder.iterdir():
        if link.is_symlink() and link.readlink() != wanted.get(link.name):
            link.unlink()
    for name, path in wanted.items():
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(path)


def _as_yml(document: dict[str, Any]) -> str:
    text: str = yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000
    )
    return text


def _kpi_models(kpis: Sequence[Entry]) -> str:
    rows = ",\n        ".join(json.dumps(_kpi(kpi), ensure_ascii=False) for kpi in kpis)
    return _KPI_MODELS.format(rows=rows)


def _kpi(kpi: Entry) -> dict[str, Any]:
    """What `kpi_rows` needs of a KPI, strings and lists alone: JSON that is jinja, too."""
    return {
        "name": kpi.name,
        "additivity": kpi.meta["additivity"],
        "interval": kpi.meta.get("interval", "none"),
        "sum_of_squares": str(kpi.meta.get("sum_of_squares", "")),
        "columns": list(kpi.columns),
    }
