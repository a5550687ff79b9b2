"""A Koubei home that a test drives through the command line alone, as a person would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from tests.integration.parsing import carry_parse
from tests.integration.warm import run_koubei
from tests.planted_truths.truth import truths_of

KOUBEI = [sys.executable, "-m", "orchestration.cli"]
SMALL_WORLD = ["--days", "20", "--customers", "300", "--seed", "7"]


@dataclass
class Home:
    """A Koubei home on disk, driven only through the command line, as a person would."""

    path: Path
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment without its KOUBEI_ settings, plus the home's."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KOUBEI_")}
        return {**kept, "KOUBEI_HOME": str(self.path), **self.extra}

    def run(self, *arguments: str, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
        """One `koubei` command, run to its end; its exit code must be the expected one."""
        done = run_koubei(arguments, self.environment, self.path)
        said = f"koubei {' '.join(arguments)} -> {done.returncode}\n{done.stdout}\n{done.stderr}"
        if expect is not None:
            assert done.returncode == expect, said
        assert "Traceback (most recent call last)" not in done.stdout + done.stderr, said
        return done

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """One `koubei` command in a process group of its own, to be killed with all its children."""
        return subprocess.Popen(
            [*KOUBEI, *arguments],
            env=self.environment,
            cwd=self.path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Rows of the published set, through `koubei query --json`."""
        return json.loads(self.run("query", sql, "--json").stdout)

    def one(self, sql: str) -> Any:
        """The only value of a query on the published set."""
        (row,) = self.query(sql)
        (value,) = row.values()
        return value

    def build(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the build file, which no test changes through this."""
        with duckdb.connect(str(self.path / "build" / "warehouse.duckdb"), read_only=True) as db:
            return db.execute(sql).fetchall()

    @property
    def current(self) -> Path:
        """The folder of the current publication."""
        return (self.path / "published" / "current").resolve()

    @property
    def manifest(self) -> dict[str, Any]:
        """What the current publication says of itself."""
        return json.loads((self.current / "manifest.json").read_text(encoding="utf-8"))

    @property
    def mart_hashes(self) -> dict[str, str]:
        """Content hash of every published mart; what the ledger writes of each run is left out."""
        return {
            name: table["content_hash"]
            for name, table in self.manifest["tables"].items()
            if not name.startswith("meta.")
        }

    @property
    def truth(self) -> dict[str, Any]:
        """What the demo planted."""
        return truths_of(self.path)

    @property
    def exports(self) -> Path:
        """Where this home's channels deliver."""
        return self.path / "exports"


def same_world(home: Home, to: Path) -> Home:
    """A home with another's exports and key, and nothing landed."""
    to.mkdir(exist_ok=True)
    shutil.copytree(home.exports, to / "exports")
    for name in ("hash.key", "keyring.json"):
        shutil.copy2(home.path / name, to / name)
    carry_parse(home.path, to)
    return Home(to)


def copied(home: Home, to: Path) -> Home:
    """A home of its own with the same state, links kept as links."""
    shutil.copytree(home.path, to, symlinks=True)
    carry_parse(home.path, to)
    return Home(to, dict(home.extra))
