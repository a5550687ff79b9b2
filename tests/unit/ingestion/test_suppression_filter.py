"""Rows that name somebody who was erased, when they come and when they are there already."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.contracts.feeds import load_feeds
from ingestion.erasure.suppression_filter import erase_rows
from ingestion.privacy.pseudonyms import hash_parameters, node
from tests.unit.ingestion.warehouse import KEY, REVIEWS, Warehouse

SHOP = """\
channel: shop
label: 小店
kind: ecommerce
domain: public
exports:
  - name: reviews
    files: {pattern: "reviews_{date}[_{part}][_r{revision}].csv", format: csv}
    feeds:
      reviews:
        columns: {评价ID: review_ref, 用户: author_ref, 评分: rating_raw, 内容: review_text}
        constants: {posted_at: 2026-11-20 09:00:00}
    extra: [备注]
    max_rejected_share: 1.0
  - name: orders
    files: {pattern: "orders_{date}[_r{revision}].csv", format: csv}
    feeds:
      orders:
        columns: {订单: order_ref, 买家: customer_ref, 时间: ordered_at, 金额: gross_cny, 状态: status_code}
  - name: trials
    files: {pattern: "trials_{date}[_r{revision}].csv", format: csv}
    feeds:
      trials:
        columns: {项目: programme_ref, 参与者: participant_ref, 开始: started_on, 状态: status_code}
  - name: activity
    files: {pattern: "activity_{date}[_r{revision}].csv", format: csv}
    feeds:
      community_activity:
        columns: {群: community_ref, 人: customer_ref, 日: active_on, 数: post_count}
  - name: requests
    files: {pattern: "requests_{date}[_r{revision}].csv", format: csv}
    feeds:
      erasure_requests:
        columns: {单号: request_ref, 会员: customer_ref, 时间: requested_at}
  - name: members
    files: {pattern: "members_{date}[_r{revision}].csv", format: csv}
    mode: snapshot
    feeds:
      customers:
        columns: {会员: customer_ref, 手机: phone, 注册: registered_at}
"""
FILES = {
    "reviews_20261120.csv": (
        "评价ID,用户,评分,内容,备注\nr1,anna,5,我家住在三楼,红色\nr2,bob,4,很好用,\nr3,anna,3,很好用,\n"
    ),
    "orders_20261120.csv": (
        "订单,买家,时间,金额,状态\no1,anna,2026-11-20 10:00:00,100,paid\n"
        "o2,bob,2026-11-20 11:00:00,50,paid\n"
    ),
    "trials_20261120.csv": (
        "项目,参与者,开始,状态\nT1,anna,2026-11-01,enrolled\nT1,bob,2026-11-01,enrolled\n"
    ),
    "activity_20261120.csv": "群,人,日,数\ng1,anna,2026-11-20,4\ng1,bob,2026-11-20,1\n",
    "requests_20261120.csv": "单号,会员,时间\nE1,anna,2026-11-20 10:00:00\n",
    "members_20261120.csv": (
        "会员,手机,注册\nanna,13800001234,2026-01-01 10:00:00\nbob,13900001234,2026-01-01 10:00:00\n"
    ),
}
ANNA = [node(KEY, "shop_customer", "anna"), node(KEY, "shop_author", "anna")]
PHONE = node(KEY, "phone", "13800001234")
TABLES = ("reviews", "orders", "trials", "community_activity", "customers", "erasure_requests")


def suppress(warehouse: Warehouse, *nodes: str) -> None:
    warehouse.connection.executemany(
        "insert into raw.suppressions values (?, 'crm:E1')", [[each] for each in nodes]
    )


def state(warehouse: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    """Everything that landed, without what tells when."""
    found = {
        name: warehouse.rows(
            f"select * exclude (load_id, superseded_load_id) from raw.{name} order by all"
        )
        for name in TABLES
    }
    found["texts"] = warehouse.rows("select text_content from raw.texts order by all")
    found["erased_rows"] = warehouse.rows("select * from raw.erased_rows order by all")
    return found


@pytest.fixture
def before(tmp_path: Path) -> Warehouse:
    """Erased first, delivered after."""
    warehouse = Warehouse(tmp_path / "before", SHOP)
    suppress(warehouse, *ANNA, PHONE)
    for name, content in FILES.items():
        warehouse.land(name, content)
    return warehouse


@pytest.fixture
def after(tmp_path: Path) -> Warehouse:
    """Delivered first, erased after."""
    warehouse = Warehouse(tmp_path / "after", SHOP)
    for name, content in FILES.items():
        warehouse.land(name, content)
    suppress(warehouse, *ANNA, PHONE)
    erase_rows(warehouse.connection, load_feeds(), hash_parameters(KEY))
    return warehouse


def test_erasing_and_filtering_leave_the_same_rows(before: Warehouse, after: Warehouse) -> None:
    assert state(before) == state(after)
    once = state(after)
    after.connection.execute("delete from raw.erased_rows")
    erase_rows(after.connection, load_feeds(), hash_parameters(KEY))
    assert {**state(after), "erased_rows": []} == {**once, "erased_rows": []}
    assert state(after)["erased_rows"] == [], "nobody is found a second time"


def test_money_and_counts_stay_and_name_nobody(before: Warehouse) -> None:
    assert before.rows("select order_ref, customer_ref, gross_cny from raw.orders order by 1") == [
        ("shop:o1", None, 100),
        ("shop:o2", node(KEY, "shop_customer", "bob"), 50),
    ]
    assert before.rows(
        "select rating_raw, author_ref is null, text_sha256 is null, extra is null "
        "from raw.reviews order by review_ref"
    ) == [(5, True, True, True), (4, False, False, True), (3, True, True, True)]
    assert before.rows("select text_content from raw.texts") == [("很好用",)], "Bob wrote it, too"
    assert before.one("select count(distinct participant_ref) from raw.trials") == 2
    assert before.one("select sum(post_count) from raw.community_activity") == 5
    assert before.one("select count(*) from raw.customers") == 1


def test_no_column_keeps_the_node_or_what_can_be_computed_from_it(before: Warehouse) -> None:
    for table in TABLES:
        for row in before.rows(f"from raw.{table}"):
            assert not [n for n in (*ANNA, PHONE) if any(n in str(value) for value in row)]
    keys = before.rows("select record_key from raw.community_activity order by 1")
    assert keys[0][0].startswith("shop:g1|erased:")  # type: ignore[attr-defined]


def test_the_books_add_up_without_the_rows_that_went(before: Warehouse) -> None:
    assert before.rows(
        "select feed, delivered_count, landed_count from raw.file_feeds where feed = 'customers'"
    ) == [("customers", 1, 1)]
    assert before.rows(
        "select feed, is_deleted, sum(row_count) from raw.erased_rows group by all order by 1"
    ) == [
        ("community_activity", False, 1),
        ("customers", True, 1),
        ("erasure_requests", False, 1),
        ("orders", False, 1),
        ("reviews", False, 2),
        ("trials", False, 1),
    ]


def test_a_number_that_is_later_bound_to_an_erased_membership_is_hers(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, SHOP)
    suppress(warehouse, ANNA[0])
    warehouse.land("members_20261120.csv", FILES["members_20261120.csv"])
    assert warehouse.rows("select node from raw.suppressions order by 1") == sorted(
        [(ANNA[0],), (PHONE,)], key=lambda row: row[0]
    )


def test_a_number_that_others_have_too_stays_theirs(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, SHOP)
    warehouse.land("members_20261119.csv", "会员,手机,注册\nbob,13800001234,2026-01-01 10:00:00\n")
    suppress(warehouse, ANNA[0])
    warehouse.land("members_20261120.csv", FILES["members_20261120.csv"])
    assert warehouse.one("select count(*) from raw.suppressions") == 1


def test_nobody_suppressed_changes_nothing(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, REVIEWS)
    warehouse.land(
        "reviews_20261120.csv", "评价ID,用户,评分,内容,时间\nr1,u1,5,好,2026-11-20 09:05:00\n"
    )
    assert warehouse.rows("select author_ref from raw.reviews") == [
        (node(KEY, "shop_author", "u1"),)
    ]
    assert warehouse.one("select count(*) from raw.erased_rows") == 0
