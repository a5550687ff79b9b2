"""The tutorial can be followed word for word: its commands run in an empty folder and say what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "dbt_project" / "docs"
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)


def blocks_of(page: str) -> list[tuple[str, str]]:
    """Kind and text of each fenced block of a page, in order."""
    return BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))


def test_both_languages_run_the_same_commands() -> None:
    assert blocks_of("tutorial.md") == blocks_of("tutorial.zh.md") != []


def test_the_tutorial_runs_word_for_word_in_an_empty_folder(tmp_path: Path) -> None:
    folder, path = tmp_path / "shop", tmp_path / "bin"
    folder.mkdir()
    path.mkdir()
    koubei = path / "koubei"
    koubei.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m orchestration.cli "$@"\n')
    koubei.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if "KOUBEI_" not in name}
    environment |= {
        "PATH": f"{path}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "200",
    }
    printed = ""
    for kind, text in blocks_of("tutorial.md"):
        if kind == "text":
            words = " ".join(printed.split())
            missing = [line for line in text.splitlines() if " ".join(line.split()) not in words]
            assert not missing, printed
            continue
        done = subprocess.run(
            ["bash", "-euc", text],
            cwd=folder,
            env=environment,
            capture_output=True,
            check=False,
            text=True,
            encoding="utf-8",
        )
        printed = done.stdout + done.stderr
        assert done.returncode == 0, f"{text}\n{printed}"
