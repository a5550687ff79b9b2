"""Any order of arrival gives the same live rows; a correction replaces, a repeat lands once."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.unit.ingestion.warehouse import REVIEWS, Warehouse

# whole files, homes or commands: real parts, but no fraction of a second
pytestmark = pytest.mark.integration

HEADER = "评价ID,用户,评分,内容,时间\n"
SNAPSHOT = REVIEWS.replace("[_{part}]", "").replace("    feeds:", "    mode: snapshot\n    feeds:")


def rows(*refs: str) -> str:
    return HEADER + "".join(f"{ref},u1,5,好,2026-11-20\n" for ref in refs)


def live(warehouse: Warehouse) -> list[tuple[object, ...]]:
    return warehouse.rows(
        "select record_key, export_date, delivery_seq, row_number, text_sha256 from raw.reviews "
        "where superseded_load_id is null order by all"
    )


def keys(warehouse: Warehouse) -> list[str]:
    return [str(row[0]).removeprefix("shop:") for row in live(warehouse)]


DELTAS = {
    "reviews_20261120.csv": rows("a", "b"),
    "reviews_20261120_r2.csv": rows("a", "c"),
    "reviews_20261120_2.csv": rows("d"),
    "reviews_20261121.csv": rows("a"),
    "reviews_20261121_r3.csv": rows("e"),
}


@pytest.mark.parametrize("order", list(itertools.permutations(DELTAS))[::11])
def test_deltas_in_any_order(tmp_path: Path, order: tuple[str, ...]) -> None:
    warehouse = Warehouse(tmp_path)
    for name in order:
        assert warehouse.land(name, DELTAS[name]).outcome == "landed"
    assert keys(warehouse) == ["a", "c", "d", "e"]
    assert warehouse.rows(
        "select file_name, superseded_load_id is null from raw.files order by 1"
    ) == [
        ("reviews_20261120.csv", False),
        ("reviews_20261120_2.csv", True),
        ("reviews_20261120_r2.csv", True),
        ("reviews_20261121.csv", False),
        ("reviews_20261121_r3.csv", True),
    ]


SNAPSHOTS = {
    "reviews_20261119.csv": rows("a", "b"),
    "reviews_20261120.csv": rows("b", "c"),
    "reviews_20261120_r2.csv": rows("b", "d"),
    "reviews_20261121.csv": rows("d"),
}


@pytest.mark.parametrize("order", list(itertools.permutations(SNAPSHOTS))[::3])
def test_snapshots_in_any_order(tmp_path: Path, order: tuple[str, ...]) -> None:
    warehouse = Warehouse(tmp_path, SNAPSHOT)
    for name in order:
        assert warehouse.land(name, SNAPSHOTS[name]).outcome == "landed"
    assert keys(warehouse) == ["d"]
    assert warehouse.one("select count(*) from raw.reviews") == 7


REPEATS = {
    "reviews_20261120.csv": rows("a"),
    "reviews_20261120_r2.csv": rows("b"),
    "reviews_20261120_r3.csv": rows("a"),  # the first word comes back as the last
    "reviews_20261120_9.csv": rows("b"),  # the replaced bytes are another part's own
}


def test_bytes_that_come_back_in_any_order(tmp_path: Path) -> None:
    found = set()
    for number, order in enumerate(list(itertools.permutations(REPEATS))[::3]):
        warehouse = Warehouse(tmp_path / str(number))
        for name in order:
            assert warehouse.land(name, REPEATS[name]).outcome in {"landed", "duplicate"}
        found.add(tuple(sorted(set(keys(warehouse)))))
    assert found == {("a", "b")}


def test_a_file_delivered_twice_lands_once(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.land("reviews_20261120.csv", rows("a"))
    before = live(warehouse)
    copied = warehouse.land("reviews_20261120_2.csv", rows("a"))
    assert (copied.outcome, copied.reason) == (
        "duplicate",
        "the same bytes as reviews_20261120.csv",
    )
    assert live(warehouse) == before
    assert warehouse.rows("select file_name, outcome from raw.files order by 1") == [
        ("reviews_20261120.csv", "landed"),
        ("reviews_20261120_2.csv", "duplicate"),
    ]


def test_twins_of_two_days_are_two_deliveries(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    assert warehouse.land("reviews_20261120.csv", HEADER).outcome == "landed"
    assert warehouse.land("reviews_20261121.csv", HEADER).outcome == "landed"


def test_the_same_name_with_new_bytes_is_a_correction(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.land("reviews_20261120.csv", rows("a", "b"))
    warehouse.land("reviews_20261120.csv", rows("a"))
    assert keys(warehouse) == ["a"]
    assert warehouse.rows("select delivery_seq, superseded_load_id from raw.files order by 1") == [
        (1, 2),
        (2, None),
    ]
    assert warehouse.rows(
        "select record_key, load_id, superseded_load_id from raw.reviews order by all"
    ) == [("shop:a", 1, 2), ("shop:a", 2, None), ("shop:b", 1, 2)]


def test_a_correction_that_is_taken_back_stands_again(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    for refs in (("a", "b"), ("a",), ("a", "b")):
        assert warehouse.land("reviews_20261120.csv", rows(*refs)).outcome == "landed"
    assert keys(warehouse) == ["a", "b"]
    assert warehouse.one("select count(distinct file_id) = count(*) from raw.files")


def test_a_file_written_anew_with_the_same_bytes_is_looked_at_once(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.land("reviews_20261120.csv", rows("a"))
    path = warehouse.put("reviews_20261120.csv", rows("a"))
    path.touch()
    assert warehouse.pending() == ["reviews_20261120.csv"]
    assert warehouse.land("reviews_20261120.csv").outcome == "duplicate"
    assert warehouse.pending() == []
    assert warehouse.rows("select outcome from raw.files") == [("landed",)]
    assert keys(warehouse) == ["a"]


def test_a_refused_correction_replaces_nothing(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.land("reviews_20261120.csv", rows("a"))
    assert warehouse.land("reviews_20261120_r2.csv", "x,y\n1,2\n").outcome == "refused"
    assert keys(warehouse) == ["a"]


def test_a_late_revision_lands_superseded_at_once(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.land("reviews_20261120_r3.csv", rows("c"))
    landed = warehouse.land("reviews_20261120_r2.csv", rows("b"))
    assert (landed.outcome, landed.feeds["reviews"].landed) == ("landed", 1)
    assert warehouse.rows(
        "select record_key, load_id, superseded_load_id from raw.reviews order by 2"
    ) == [
        ("shop:c", 1, None),
        ("shop:b", 2, 2),
    ]
    assert warehouse.rows("select superseded_load_id from raw.files order by load_id") == [
        (None,),
        (2,),
    ]
