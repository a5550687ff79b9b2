"""Write the reference and the changelog: `python -m orchestration.reference --write`.

They are checked in for readers of a git host; a test fails while one is not what the code says.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from orchestration.home.settings import ROOT
from orchestration.reference import changelog, commands, contracts, settings, tables

COMMAND = "python -m orchestration.reference"
_WRITTEN = f"\n<!-- Written by `{COMMAND} --write` (make interface); a test compares. -->\n"


def pages(project: Path) -> dict[str, str]:
    """Path within the dbt project to the text that each page should have."""
    reference = {
        "commands": commands.render(),
        "settings": settings.render(),
        "contracts": contracts.render_contracts(),
        "feeds": contracts.render_feeds(),
        "tables": tables.render(project),
    }
    return {f"docs/reference/{name}.md": text + _WRITTEN for name, text in reference.items()} | {
        "CHANGELOG.md": changelog.render(project)
    }


def stale(project: Path) -> dict[str, str]:
    """The pages whose file is not what it should be, with the text to write."""
    return {path: text for path, text in pages(project).items() if _read(project / path) != text}


def _is_of_a_release(project: Path) -> bool:
    """Whether the changelog is fresh but for a tag that was just given to this very commit."""
    text = changelog.render(project, "HEAD~1")
    return _read(project / "CHANGELOG.md") == text


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what is stale, or name it; the exit code is 1 where a checked page is stale."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write them anew")
    action.add_argument("--check", action="store_true", help="fail unless they are fresh")
    parser.add_argument("--project", type=Path, default=ROOT / "dbt_project", help="dbt's project")
    options = parser.parse_args(arguments)
    old = stale(options.project)
    if options.check and "CHANGELOG.md" in old and _is_of_a_release(options.project):
        del old["CHANGELOG.md"]
    for path, text in old.items():
        if options.write:
            (options.project / path).parent.mkdir(parents=True, exist_ok=True)
            (options.project / path).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{'written' if options.write else 'stale'}: dbt_project/{path}\n")
    if old and options.check:
        sys.stdout.write(f"run: {COMMAND} --write, and commit what it wrote\n")
    return 1 if old and options.check else 0


if __name__ == "__main__":
    raise SystemExit(main())
