"""Kill -9 in each phase: what is published stays, and the next run ends where an undisturbed one does."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.home import Home, copied, made_once

pytestmark = pytest.mark.integration

PATIENCE_SECONDS = 240


def wait_for(happens: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait until something is seen in the home, while the refresh still runs."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not happens():
        assert process.poll() is None, "the refresh ended before the moment came"
        assert time.monotonic() < until, "the moment never came"
        time.sleep(0.01)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL the command and everything that it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)


@pytest.fixture(scope="session")
def three_days_short(demo_home: Home, shared_folder: Path) -> Home:
    """The same world, published three days earlier, with the last three days' files waiting."""

    def make(folder: Path) -> None:
        shutil.copytree(demo_home.exports, folder / "exports")
        for name in ("hash.key", "keyring.json"):
            shutil.copy2(demo_home.path / name, folder / name)
        last = date.fromisoformat(demo_home.manifest["as_of"]) - timedelta(days=3)
        Home(folder).run("refresh", "--to", last.isoformat())

    return Home(made_once(shared_folder, "three_days_short", make))


def published_facts(home: Home) -> list[dict[str, Any]]:
    """What no reader may see move while a refresh is under way, or killed: counts and money."""
    return home.query(
        "select (select count(*) from reviews.fct_voices) as voices, "
        "count(*) as orders, sum(net_cny) as net_cny from segments.fct_orders"
    )


def tables_that_name_people(home: Home) -> set[str]:
    """Tables with a customer in them, or words that somebody wrote."""
    rows = home.query(
        "select distinct schema_name || '.' || table_name as name from meta.dictionary "
        "where column_name in ('customer_key', 'voice_key')"
    )
    return {row["name"] for row in rows}


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


@pytest.mark.parametrize("moment", [while_landing, while_dbt_builds, while_publishing])
def test_a_killed_refresh_changes_nothing_published_and_the_next_one_converges(
    moment: Callable[[Home], Callable[[], bool]],
    three_days_short: Home,
    demo_home: Home,
    tmp_path: Path,
) -> None:
    home = copied(three_days_short, tmp_path / "home")
    published, hashes, told = home.current, home.mart_hashes, published_facts(home)
    happens = moment(home)
    process = home.start("refresh")
    try:
        wait_for(happens, process)
    finally:
        kill_group(process)

    assert home.current == published
    # these days hold a request to be forgotten, which what is published obeys at once: people may
    # have gone from it, and nothing else may have moved
    moved = {name for name, content in home.mart_hashes.items() if content != hashes[name]}
    assert moved <= tables_that_name_people(home)
    assert published_facts(home) == told

    home.run("refresh")
    # the undisturbed run: all days at once, in one refresh of a fresh home
    assert home.mart_hashes == demo_home.mart_hashes
    assert not list((home.path / "published").glob(".draft-*"))
    shutil.rmtree(home.path)
