"""Real homes for the tests that run the whole refresh: made once, copied per test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.bad_night import bad_home, one_bad_night
from tests.integration.home import SMALL_WORLD, Home, copied
from tests.made_once import made_once


@pytest.fixture(scope="session")
def demo_home(shared_folder: Path) -> Home:
    """A small demo world, refreshed and published. Read it; do not change it."""
    folder = made_once(shared_folder, "demo", lambda path: Home(path).run("demo", *SMALL_WORLD))
    return Home(folder)


@pytest.fixture
def own_home(demo_home: Home, tmp_path: Path) -> Iterator[Home]:
    """A copy of the demo home that a test may change."""
    home = copied(demo_home, tmp_path / "own_home")
    yield home
    shutil.rmtree(home.path, ignore_errors=True)


@pytest.fixture(scope="session")
def night(shared_folder: Path, demo_home: Home) -> Home:
    """A small home that was refreshed with bad files among good ones. Read it; do not change it."""
    made = made_once(
        shared_folder, "bad_night", lambda folder: one_bad_night(folder, demo_home.path)
    )
    return bad_home(made)
