"""An original without a person: the same format, readable, and landing to the same rows."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ingestion.contracts.feeds import load_feeds
from ingestion.erasure.originals import rewrite_originals
from tests.unit.ingestion.test_suppression_filter import ANNA, FILES, PHONE, SHOP, state, suppress
from tests.unit.ingestion.warehouse import KEY, ZONE, Warehouse, write_export


def erase_originals(warehouse: Warehouse) -> int:
    return rewrite_originals(
        warehouse.connection,
        warehouse.originals,
        contracts=warehouse.contracts,
        feeds=load_feeds(),
        hash_key=KEY,
        business_zone=ZONE,
        work_dir=warehouse.work,
    ).rewritten


def restored(warehouse: Warehouse, to: Path) -> dict[str, str]:
    """What every original says now, by file name."""
    to.mkdir()
    found = {}
    for name, sha256 in warehouse.rows("select file_name, sha256 from raw.files"):
        warehouse.originals.restore(str(sha256), to / str(name))
        found[str(name)] = (to / str(name)).read_text(encoding="utf-8")
    return found


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    made = Warehouse(tmp_path / "warehouse", SHOP)
    for name, content in FILES.items():
        made.land(name, content)
    suppress(made, *ANNA, PHONE)
    return made


def test_a_rewritten_file_holds_the_others_and_not_the_person(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    assert erase_originals(warehouse) == len(FILES)
    kept = restored(warehouse, tmp_path / "back")
    for content in kept.values():
        assert "anna" not in content
        assert "13800001234" not in content
        assert "三楼" not in content
        assert "红色" not in content
    assert "bob,13900001234" in kept["members_20261120.csv"]
    assert "o1,erased:" in kept["orders_20261120.csv"]
    assert ",100," in kept["orders_20261120.csv"]
    assert "r2,bob,4,很好用," in kept["reviews_20261120.csv"]


def test_again_it_changes_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    erase_originals(warehouse)
    once = restored(warehouse, tmp_path / "once")
    erase_originals(warehouse)
    assert restored(warehouse, tmp_path / "twice") == once


def test_a_warehouse_built_from_rewritten_files_names_nobody_and_lacks_nothing(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    erase_originals(warehouse)
    filtered = Warehouse(tmp_path / "filtered", SHOP)
    suppress(filtered, *ANNA, PHONE)
    for name, content in FILES.items():
        filtered.land(name, content)
    rebuilt = Warehouse(tmp_path / "rebuilt", SHOP)
    suppress(rebuilt, *ANNA, PHONE)  # the list outlives the build
    for name, content in restored(warehouse, tmp_path / "back").items():
        landed = rebuilt.land(name, content)
        assert landed.outcome == "landed", landed.reason
    wanted, found = state(filtered), state(rebuilt)
    for feed in FILES:
        table = {"activity": "community_activity", "members": "customers"}.get(
            feed.split("_")[0], feed.split("_")[0]
        )
        table = "erasure_requests" if table == "requests" else table
        columns = [
            name
            for (name,) in rebuilt.rows(
                f"select column_name from duckdb_columns() where table_name = '{table}' and "
                "column_name not in ('file_id', 'row_number', 'load_id', 'superseded_load_id')"
            )
        ]
        listed = ", ".join(f'"{name}"' for name in columns)
        sql = f"select {listed} from raw.{table} order by all"
        assert rebuilt.rows(sql) == filtered.rows(sql), table
    assert found["texts"] == wanted["texts"]


def test_a_file_that_comes_later_is_kept_rewritten(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.land("orders_20261121.csv", FILES["orders_20261120.csv"].replace("o1", "o9"))
    assert "anna" not in restored(warehouse, tmp_path / "back")["orders_20261121.csv"]


@pytest.mark.parametrize(
    "files",
    [
        "format: csv, encoding: gb18030",
        "format: csv, encoding: utf-8, compression: gzip",
        "format: jsonl",
        "format: xlsx",
        "format: parquet",
    ],
)
def test_every_format_is_written_as_it_was_read(files: str, tmp_path: Path) -> None:
    ending = files.split()[1].rstrip(",") + (".gz" if "gzip" in files else "")
    contract = f"""\
channel: shop
label: 小店
kind: ecommerce
domain: public
exports:
  - name: orders
    files: {{pattern: "orders_{{date}}[_r{{revision}}].{ending}", {files}}}
    feeds:
      orders:
        columns: {{订单: order_ref, 买家: customer_ref, 时间: ordered_at, 状态: status_code}}
    ignored: [收货人]
"""
    warehouse = Warehouse(tmp_path, contract)
    name = f"orders_20261120.{ending}"
    rows = [
        {"订单": ref, "买家": who, "时间": "2026-11-20 10:00:00", "状态": "已付", "收货人": who}
        for ref, who in (("o1", "anna"), ("o2", "bob"))
    ]
    write_export(warehouse.exports / name, warehouse.contracts["shop"].exports[0], rows)
    warehouse.land(name)
    suppress(warehouse, *ANNA)
    assert erase_originals(warehouse) == 1
    ((sha256,),) = warehouse.rows("select sha256 from raw.files")
    again = Warehouse(tmp_path / "again", contract)
    warehouse.originals.restore(str(sha256), again.exports / name)
    content = (again.exports / name).read_bytes()
    content = gzip.decompress(content) if ending.endswith("gz") else content
    assert b"anna" not in content
    landed = again.land(name)
    assert (landed.outcome, landed.feeds["orders"].landed) == ("landed", 2)
    assert again.rows("select status_code, customer_ref is null from raw.orders order by 2") == [
        ("已付", False),
        ("已付", True),
    ]
