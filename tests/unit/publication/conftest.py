from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.publication.house import House


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("house")).build()


@pytest.fixture
def house(built_once: House, tmp_path: Path) -> House:
    home = tmp_path / "home"
    shutil.copytree(built_once.home, home)
    return House(home, load_id=built_once.load_id)
