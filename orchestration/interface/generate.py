"""The files in git that are made of the project: which they are, and whether they are fresh."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from orchestration.dbt.yaml_entries import Project, read_project
from orchestration.home.errors import KoubeiError
from orchestration.interface import contract, kpi_page

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
}
"""Path within the dbt project to what makes its text."""


def stale(project: Path, today: date) -> list[str]:
    """What is not as the project says, one line each, the command that puts it right last.

    Raises:
        InterfaceError: A promise to readers is broken, which writing does not put right.
    """
    described = read_project(project)
    recorded = _unbroken(project, described, today)
    found = contract.additions(recorded, contract.interface_of(described))
    found += [
        f"dbt_project/{path}: not what the models and their yml entries say"
        for path, render in PAGES.items()
        if _text(project / path) != render(described)
    ]
    return [*found, _HOW] if found else []


def write(project: Path, today: date) -> list[str]:
    """Write what is stale; returns what was written.

    Raises:
        InterfaceError: A promise to readers is broken; nothing was written.
    """
    described = read_project(project)
    _unbroken(project, described, today)
    written = []
    for path, render in PAGES.items():
        text = render(described)
        if _text(project / path) != text:
            (project / path).write_text(text, encoding="utf-8")
            written.append(f"written: dbt_project/{path}")
    return written


def _unbroken(project: Path, described: Project, today: date) -> dict[str, contract.Shape]:
    recorded = contract.recorded_interface(project)
    if broken := contract.breaks(recorded, contract.interface_of(described), today):
        raise InterfaceError("\n".join([*broken, _VERSION]))
    return recorded


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
