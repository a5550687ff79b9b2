"""Files in any order and in any portions give the same marts."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from tests.integration.home import Home, same_world

pytestmark = pytest.mark.integration


def test_any_portions_give_the_same_marts(seed: int, demo_home: Home, tmp_path: Path) -> None:
    chance = random.Random(seed)
    home = same_world(demo_home, tmp_path / "home")
    files = sorted(path for path in home.exports.rglob("*") if path.is_file())
    withheld = chance.sample(files, k=chance.randint(1, len(files) // 2))
    for number, path in enumerate(withheld):
        shutil.move(path, tmp_path / str(number))
    portions = chance.randint(1, 3)
    home.run("refresh")
    for portion in range(portions):
        for number, path in enumerate(withheld):
            if number % portions == portion:
                shutil.move(tmp_path / str(number), path)
        home.run("refresh")
    assert home.mart_hashes == demo_home.mart_hashes
    shutil.rmtree(home.path)
