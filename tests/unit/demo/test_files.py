"""The files: the same flags give the same bytes, every file is claimed, small worlds are whole."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from ingestion.demo import MARKER, QUERIES, DemoError, write_demo
from ingestion.demo.exports.export_days import export_days
from ingestion.demo.world import World
from ingestion.files.deliveries import scan
from tests.unit.demo.reading import Exports, contracts

# whole files, homes or commands: real parts, but no fraction of a second
pytestmark = pytest.mark.integration


def fingerprints(home: Path) -> dict[str, tuple[str, float]]:
    return {
        str(path.relative_to(home)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime if "exports" in path.parts else 0.0,
        )
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


def test_the_same_flags_give_the_same_bytes_and_dates(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_demo(tmp_path / name, days=3, customers=50, seed=3)
    assert fingerprints(tmp_path / "one") == fingerprints(tmp_path / "two")


def test_another_seed_is_another_world(tmp_path: Path) -> None:
    for seed in (3, 4):
        write_demo(tmp_path / str(seed), days=3, customers=50, seed=seed)
    first, second = (fingerprints(tmp_path / str(seed)) for seed in (3, 4))
    same = {name for name in first if first[name] == second.get(name)}
    # master data and files without rows are the same in every world
    assert len(same) < len(first) / 2


@pytest.mark.parametrize(("days", "customers"), [(1, 1), (3, 50), (9, 120)])
def test_worlds_of_any_size_are_written(tmp_path: Path, days: int, customers: int) -> None:
    summary = write_demo(tmp_path, days=days, customers=customers)
    found = scan(str(tmp_path / "exports"), contracts())
    assert found.unclaimed == []
    assert len(found.deliveries) == summary.file_count
    assert max(d.export_date for d in found.deliveries).isoformat() == "2026-10-31"
    assert {p.name for p in tmp_path.iterdir()} == {"exports", MARKER}


def test_a_second_demo_replaces_the_first(tmp_path: Path) -> None:
    write_demo(tmp_path, days=6, customers=30, seed=1)
    write_demo(tmp_path, days=2, customers=30, seed=1)
    again = fingerprints(tmp_path)
    write_demo(tmp_path / "fresh", days=2, customers=30, seed=1)
    assert (
        again.keys() - {n for n in again if n.startswith("fresh")}
        == fingerprints(tmp_path / "fresh").keys()
    )


def test_exports_of_a_real_company_are_left_alone(tmp_path: Path) -> None:
    real = tmp_path / "exports" / "jd" / "jd_orders_20261101.csv"
    real.parent.mkdir(parents=True)
    real.write_text("订单编号\n1\n", encoding="gb18030")
    with pytest.raises(DemoError, match="no demo wrote"):
        write_demo(tmp_path, days=1, customers=1)
    assert real.exists()


@pytest.mark.parametrize(("days", "customers"), [(0, 10), (3, 0)])
def test_an_empty_world_is_refused(tmp_path: Path, days: int, customers: int) -> None:
    with pytest.raises(DemoError, match="at least one"):
        write_demo(tmp_path, days=days, customers=customers)


def test_progress_is_reported_to_the_end(tmp_path: Path) -> None:
    reported: list[tuple[str, int, int]] = []
    write_demo(tmp_path, days=1, customers=5, on_progress=lambda *step: reported.append(step))
    done = [step for _, step, _ in reported]
    assert done == list(range(reported[0][2] + 1))


def test_files_are_of_the_days_that_their_export_is_due(demo: Exports) -> None:
    world = World(days=demo.truth["world"]["days"], customers=1, seed=1)
    for query in QUERIES:
        due = {f"{world.date_of(day):%Y%m%d}" for day in export_days(world, query.cadence)}
        dates = {
            re.search(r"20\d{6}", path.name)[0]  # type: ignore[index]
            for path in demo.files(query.channel, query.export)
        }
        assert dates <= due, (query.channel, query.export)
