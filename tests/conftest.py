"""Which files go first, and where workers share what is made once."""

from __future__ import annotations

from pathlib import Path

import pytest

# what takes longest, in order: no worker is left with one of these at the end. The first two need
# different worlds, so that no worker waits for the other's
LONGEST_FIRST = [
    "test_kill",
    "test_incremental_equals_full",
    "test_erasure",
    "test_gate",
    "test_order",
    "test_rotate_key",
    "test_postgres",
    "test_model_cases",
    "test_report_pages",
    "test_publication",
    "test_explain",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort files by length, as far as it is known; the rest stay as they are."""
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """One folder for all workers of this run."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent
