"""Kill -9 at any time, again and again: readers see a whole publication, and it converges."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.integration.home import Home, same_world
from tests.integration.killing import kill_when, seen_in
from tests.integration.test_erasure import assert_gone, busy_members, counted, traces_of

pytestmark = pytest.mark.integration


def ended_or_after(process: subprocess.Popen[bytes], seconds: float) -> Callable[[], bool]:
    """Whether a command has ended, or has run for so long."""
    until = time.monotonic() + seconds
    return lambda: process.poll() is not None or time.monotonic() > until


def test_a_refresh_killed_at_random_times_converges(
    seed: int, demo_home: Home, tmp_path: Path
) -> None:
    """Some of the days first, then everything, killed three times at times that nobody chose."""
    chance = random.Random(seed)
    home = same_world(demo_home, tmp_path / "home")
    last = date.fromisoformat(demo_home.manifest["as_of"]) - timedelta(days=chance.randint(1, 15))
    started = time.monotonic()
    home.run("refresh", "--to", last.isoformat())
    seconds = time.monotonic() - started
    for _ in range(3):
        seen = seen_in(home)
        process = home.start("refresh")
        kill_when(process, ended_or_after(process, chance.uniform(0, seconds)))
        if home.current == seen.publication:
            seen.assert_unmoved(home)
        else:
            # the pointer had moved already: to what an undisturbed run publishes
            assert home.mart_hashes == demo_home.mart_hashes
    home.run("refresh")
    assert home.mart_hashes == demo_home.mart_hashes
    assert not list((home.path / "published").glob(".draft-*"))
    shutil.rmtree(home.path)


def test_an_erasure_killed_at_a_random_time_is_ended_by_the_same_command(
    seed: int, own_home: Home
) -> None:
    chance = random.Random(seed)
    member, customer_key = chance.choice(busy_members(own_home))
    before, traces = counted(own_home), traces_of(own_home, customer_key)
    arguments = ("erase", f"crm_customer:{member}", "--yes")
    begun = own_home.path / "suppressions.json"
    stamp = begun.stat().st_mtime_ns
    process = own_home.start(*arguments)
    moments: list[float] = []

    def is_time() -> bool:
        if not moments and begun.stat().st_mtime_ns != stamp:
            moments.append(time.monotonic() + chance.uniform(0, 20))
        return process.poll() is not None or bool(moments and time.monotonic() > moments[0])

    kill_when(process, is_time)
    own_home.run(*arguments)
    assert '"is_done": false' not in begun.read_text(encoding="utf-8")
    assert counted(own_home) == before
    assert_gone(own_home, traces)
