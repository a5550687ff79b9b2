"""Kill -9 in each phase: what is published stays, and the next run ends where an undisturbed one does.

One home is published three days early, without the files that come late and those that correct others.
Then everything arrives, and its refresh is killed in one phase after the other until it is let be.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.integration.home import Home, same_world
from tests.integration.killing import Seen, kill_when, seen_in

pytestmark = pytest.mark.integration


def while_landing(home: Home) -> Callable[[], bool]:
    before = sum(1 for _ in (home.path / "originals").rglob("*"))
    return lambda: sum(1 for _ in (home.path / "originals").rglob("*")) > before + 3


def while_dbt_builds(home: Home) -> Callable[[], bool]:
    log = home.path / "dbt" / "logs" / "dbt.log"
    # a new one: dbt turns a log of ten megabytes over, and what was counted would be gone
    log.unlink(missing_ok=True)
    return lambda: log.exists() and log.read_bytes().count(b"incremental model") >= 3


def while_publishing(home: Home) -> Callable[[], bool]:
    return lambda: any((home.path / "published").glob(".draft-*/koubei.duckdb*"))


MOMENTS = (while_landing, while_dbt_builds, while_publishing)


@dataclass
class Waiting:
    """A home whose last days, late files and corrections have not been delivered yet."""

    home: Home
    late: list[Path]
    seen: Seen

    def deliver(self) -> None:
        """Let them arrive."""
        for file in self.late:
            shutil.move(self.home.path / "withheld" / file.name, self.home.exports / file)


@pytest.fixture(scope="module")
def waiting(demo_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Waiting:
    home = same_world(demo_home, tmp_path_factory.mktemp("killed") / "home")
    truth = demo_home.truth
    late = [Path(row["file"]) for row in truth["late_files"]]
    late += [Path(row["corrected_by"]) for row in truth["corrections"]]
    assert len(late) > 5
    (home.path / "withheld").mkdir()
    for file in late:
        shutil.move(home.exports / file, home.path / "withheld" / file.name)
    last = date.fromisoformat(demo_home.manifest["as_of"]) - timedelta(days=3)
    home.run("refresh", "--to", last.isoformat())
    return Waiting(home, late, seen_in(home))


def test_killed_in_each_phase_nothing_published_moves_and_it_ends_like_an_undisturbed_run(
    waiting: Waiting, demo_home: Home
) -> None:
    """The undisturbed run: all days in time and at once, in one refresh of a fresh home."""
    home = waiting.home
    assert waiting.seen.hashes != demo_home.mart_hashes
    waiting.deliver()
    for moment in MOMENTS:
        happens = moment(home)
        kill_when(home.start("refresh"), happens)
        waiting.seen.assert_unmoved(home)

    home.run("refresh")
    assert home.mart_hashes == demo_home.mart_hashes
    assert not list((home.path / "published").glob(".draft-*"))

    # what came late has changed days that were published, and the ledger says which file did
    restated = home.query("select distinct cause_files from meta.restatements")
    causes = " ".join(str(row["cause_files"]) for row in restated)
    assert any(file.name in causes for file in waiting.late)
    shutil.rmtree(home.path)
