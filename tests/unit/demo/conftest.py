"""One small world for all tests of the demo."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.demo import write_demo
from tests.made_once import made_once
from tests.unit.demo.reading import Exports

DAYS, CUSTOMERS = 30, 700


@pytest.fixture(scope="session")
def demo(shared_folder: Path) -> Exports:
    """Read it; do not change it."""

    def make(home: Path) -> None:
        write_demo(home, days=DAYS, customers=CUSTOMERS, seed=11)

    return Exports(made_once(shared_folder, "unit_demo", make))
