"""One small world for all tests of the demo."""

from __future__ import annotations

import pytest

from ingestion.demo import write_demo
from tests.unit.demo.reading import Exports

DAYS, CUSTOMERS = 30, 700


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    home = tmp_path_factory.mktemp("demo")
    write_demo(home, days=DAYS, customers=CUSTOMERS, seed=11)
    return Exports(home)
