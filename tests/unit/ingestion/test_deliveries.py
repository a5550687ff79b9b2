from __future__ import annotations

import datetime as dt
from pathlib import Path

import fsspec
import pytest

from ingestion.files.deliveries import ExportsError, scan
from tests.unit.ingestion.warehouse import Warehouse

HEADER = "评价ID,用户,评分,内容,时间\n"


def test_files_are_claimed_or_named_and_hidden_ones_left(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    (warehouse.exports / "shop").mkdir()
    for name in (
        "shop/reviews_20261121.csv", "reviews_20261120_r2.csv", "reviews_20261120.csv", "readme.txt",
        ".reviews_20261120.csv.swp", "reviews_20261399.csv",
    ):  # fmt: skip
        warehouse.put(name, HEADER)
    found = scan(str(warehouse.exports), warehouse.contracts)
    assert [delivery.file_name for delivery in found.deliveries] == [
        "reviews_20261120.csv", "reviews_20261120_r2.csv", "shop/reviews_20261121.csv",
    ]  # fmt: skip
    assert found.unclaimed == ["readme.txt", "reviews_20261399.csv"]
    last = found.deliveries[1]
    assert (last.export_date, last.part, last.revision) == (dt.date(2026, 11, 20), None, 2)
    assert last.size_bytes == len(HEADER.encode())


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ExportsError, match="no such folder; set KOUBEI_EXPORTS"):
        scan(str(tmp_path / "nowhere"), {})
    with pytest.raises(ExportsError, match="cannot be read"):
        scan("nosuch://exports", {})


def test_only_what_is_new_is_pending(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.put("reviews_20261120.csv", HEADER)
    warehouse.put("reviews_20261121.csv", HEADER)
    warehouse.land("reviews_20261120.csv")
    assert warehouse.pending() == ["reviews_20261121.csv"]
    warehouse.put("reviews_20261120.csv", HEADER + "r1,u1,5,好,2026-11-20\n")
    assert warehouse.pending() == ["reviews_20261120.csv", "reviews_20261121.csv"]


def test_exports_of_another_store_land_the_same(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    store = fsspec.filesystem("memory")
    store.pipe("/exports/reviews_20261120.csv", (HEADER + "r1,u1,5,好,2026-11-20\n").encode())
    try:
        (delivery,) = scan("memory://exports", warehouse.contracts).deliveries
        assert warehouse.lander().land(delivery).outcome == "landed"
    finally:
        store.rm("/exports", recursive=True)
    assert warehouse.rows("select record_key from raw.reviews") == [("shop:r1",)]
