"""The files that are written of the project: which they are, and whether they are fresh."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from orchestration.home.errors import KoubeiError
from orchestration.interface import contract, kpi_page, semantic
from orchestration.interface.yaml_entries import Project, read_project

COMMAND: Final = "python -m orchestration.interface"
_HOW: Final = f"run: {COMMAND} --write (or make interface), and commit what it wrote"
_VERSION: Final = (
    "Readers' queries would fail. Give the model a version: `versions` and `latest_version` in its "
    "yml entry, the former one published beside it as <table>_v1 with a deprecation_date "
    f"{contract.SHORTEST_NOTICE.days} days ahead (docs/decisions/publication.md says how). Was it "
    f"in no release yet? Then remove the table from dbt_project/{contract.FILE} and write it again."
)


class InterfaceError(KoubeiError):
    """The change would break what readers rely on; the message names each table and column."""


PAGES: Final[dict[str, Callable[[Project], str]]] = {
    contract.FILE: lambda project: contract.as_text(contract.interface_of(project)),
    "models/kpis/KPIS.md": kpi_page.render,
    "models/kpis/_semantic_models.yml": semantic.render,
}
"""Path within the dbt project to what makes its text."""


def stale(project: Path, today: date) -> list[str]:
    """What is not as the project says, one line each, the command that puts it right last.

    Raises:
        InterfaceError: A promise to readers is broken, which writing does not put right.
    """
    read = read_project(project)
    recorded = _unbroken(project, read, today)
    told = [f"{line}" for line in contract.additions(recorded, contract.interface_of(read))]
    told += [
        f"dbt_project/{path}: not what the models and their yml entries say"
        for path, render in PAGES.items()
        if _text(project / path) != render(read)
    ]
    return [*told, _HOW] if told else []


def write(project: Path, today: date) -> list[str]:
    """Write what is stale; returns what was written.

    Raises:
        InterfaceError: A promise to readers is broken; nothing was written.
    """
    read = read_project(project)
    _unbroken(project, read, today)
    told = []
    for path, render in PAGES.items():
        text = render(read)
        if _text(project / path) != text:
            (project / path).write_text(text, encoding="utf-8")
            told.append(f"written: dbt_project/{path}")
    return told


def _unbroken(project: Path, read: Project, today: date) -> dict[str, contract.Shape]:
    recorded = contract.recorded_interface(project)
    if broken := contract.breaks(recorded, contract.interface_of(read), today):
        raise InterfaceError("\n".join([*broken, _VERSION]))
    return recorded


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
