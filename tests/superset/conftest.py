"""Superset itself, in an environment of its own: what `make test-superset` starts.

`make test` collects nothing here, since installing Superset is no part of a test run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.superset.server import Superset, started
from tests.superset.stores import Stores, stores_of


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo home of 20 days, or a copy of the one that SUPERSET_TEST_HOME names."""
    home = tmp_path_factory.mktemp("superset") / "home"
    given = os.environ.get("SUPERSET_TEST_HOME")
    if given:
        shutil.copytree(given, home, symlinks=True)
        return home
    koubei = Path(sys.executable).with_name("koubei")
    asked = [str(koubei), "demo", "--days", "20", "--customers", "300"]
    subprocess.run(asked, check=True, env={**os.environ, "KOUBEI_HOME": str(home)})
    return home


@pytest.fixture(scope="session")
def stores(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """The published file, PostgreSQL with the same tables, and the bundle for each."""
    with stores_of(home, tmp_path_factory.mktemp("stores")) as stores:
        yield stores


@pytest.fixture(scope="session")
def supersets(
    stores: Stores, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Superset]]:
    """A Superset for each store: SQLite, which keeps their metadata here, knows a table name once."""
    venv = Path(os.environ["SUPERSET_VENV"])
    with contextlib.ExitStack() as stack:
        running = {
            target: stack.enter_context(started(venv, tmp_path_factory.mktemp(f"server_{target}")))
            for target in stores.bundles
        }
        running["duckdb"].import_bundle(stores.bundles["duckdb"])
        running["postgres"].import_bundle(stores.bundles["postgres"], password=stores.password)
        yield running
