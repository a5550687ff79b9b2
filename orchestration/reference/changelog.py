"""The changelog's part that is written: tables and columns that changed since the last release.

A release is a tag of git; the promise at that tag is `interface.yml` as it was then. What a change
means is written by hand, above the part that is written here.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from orchestration.home.errors import KoubeiError
from orchestration.interface.contract import FILE, Interface, recorded_interface
from orchestration.reference.markdown import table

BEGIN: Final = "<!-- written by make interface: begin -->"
END: Final = "<!-- written by make interface: end -->"


class ChangelogError(KoubeiError):
    """The changelog lacks the two marks between which its part is written."""


def render(project: Path, commit: str = "HEAD") -> str:
    """The whole changelog, its written part compared with the last tag at or before `commit`.

    Raises:
        ChangelogError: The marks are missing.
    """
    text = (project / "CHANGELOG.md").read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ChangelogError(f"CHANGELOG.md needs one line {BEGIN} and one line {END}")
    above, below = text.partition(BEGIN)[0], text.partition(END)[2]
    return f"{above}{BEGIN}\n{_written(project, last_tag(project, commit))}{END}{below}"


def _written(project: Path, tag: str | None) -> str:
    now = recorded_interface(project)
    if tag is None:
        return f"There is no release yet: all {len(now)} tables are new.\n"
    rows = list(changes(_at(project, tag), now))
    if not rows:
        return f"No table and no column changed since {tag}.\n"
    head = f"Tables and columns that changed since {tag}:\n"
    return f"{head}\n{table(['table', 'column', 'change', 'old', 'new'], rows)}"


def changes(before: Interface, now: Interface) -> Iterator[tuple[str, str, str, str, str]]:
    """Table, column, kind of change, old and new, sorted by table; a whole table is one row."""
    for name in sorted({*before, *now}):
        if name not in before or name not in now:
            yield f"`{name}`", "", "added" if name in now else "removed", "", ""
            continue
        old, new = before[name], now[name]
        if old.key != new.key:
            yield f"`{name}`", "", "key", ", ".join(old.key), ", ".join(new.key)
        if old.grain != new.grain:
            yield f"`{name}`", "", "grain", old.grain, new.grain
        for column in dict.fromkeys([*old.columns, *new.columns]):
            was, will_be = old.columns.get(column), new.columns.get(column)
            if was != will_be:
                change = "added" if was is None else "removed" if will_be is None else "type"
                yield f"`{name}`", f"`{column}`", change, was or "", will_be or ""


def last_tag(project: Path, commit: str = "HEAD") -> str | None:
    """The newest tag at or before a commit; None without one, or without git."""
    return _git(project, "describe", "--tags", "--abbrev=0", commit)


def _at(project: Path, tag: str) -> Interface:
    text = _git(project, "show", f"{tag}:./{FILE}")
    with tempfile.TemporaryDirectory() as folder:
        if text is not None:
            (Path(folder) / FILE).write_text(text, encoding="utf-8")
        return recorded_interface(Path(folder))


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            capture_output=True,
            check=True,
            text=True,
            encoding="utf-8",
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
