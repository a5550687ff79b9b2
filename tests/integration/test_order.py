"""The same files in another order give the same marts; in other portions, see test_kill.py."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from ingestion.contracts.feeds import load_feeds
from ingestion.contracts.load import load_contracts
from ingestion.files.deliveries import Delivery, scan
from ingestion.files.originals import Originals
from ingestion.landing import Lander, next_load_id
from ingestion.privacy.pseudonyms import key_fingerprint
from ingestion.raw.schema import create_raw_schema
from orchestration.home.settings import Settings
from orchestration.privacy.keys import node_key
from tests.integration.home import Home, same_world

pytestmark = pytest.mark.integration


def shuffled(deliveries: Sequence[Delivery]) -> list[Delivery]:
    mixed = list(deliveries)
    random.Random(20261031).shuffle(mixed)
    return mixed


def land_only(home: Home) -> None:
    """Land every file in no order at all, in loads of a hundred files, and build nothing."""
    settings = Settings(home=home.path)
    deliveries = shuffled(scan(str(home.exports), load_contracts()).deliveries)
    settings.warehouse_path.parent.mkdir(parents=True)
    feeds = load_feeds()
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        create_raw_schema(connection, feeds)
        for start in range(0, len(deliveries), 100):
            lander = Lander(
                connection,
                feeds=feeds,
                hash_key=node_key(settings),
                fingerprint=key_fingerprint(settings.key_bytes),
                business_zone=settings.timezone,
                originals=Originals(settings.originals_path, settings.key_bytes),
                work_dir=settings.work_path,
                load_id=next_load_id(connection),
            )
            for delivery in deliveries[start : start + 100]:
                lander.land(delivery)


def test_any_order_of_arrival_gives_the_same_marts(demo_home: Home, tmp_path: Path) -> None:
    home = same_world(demo_home, tmp_path / "home")
    land_only(home)
    home.run("refresh")  # nothing is pending, and what landed is not built yet
    assert home.mart_hashes == demo_home.mart_hashes
    shutil.rmtree(home.path)
