"""The long campaign, which `make campaign` runs: chance instead of one case a boundary.

`make test` collects nothing here. CAMPAIGN_SEED names the first seed, CAMPAIGN_ROUNDS how many follow;
a round that fails prints its seed.
"""

from __future__ import annotations

import os

import pytest

from tests.integration.conftest import demo_home, own_home

__all__ = ["demo_home", "own_home"]

FIRST = int(os.environ.get("CAMPAIGN_SEED", "1"))
ROUNDS = int(os.environ.get("CAMPAIGN_ROUNDS", "10"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test of the campaign once a seed."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(FIRST, FIRST + ROUNDS))
