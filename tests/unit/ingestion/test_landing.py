"""What becomes of a delivered file: the rows, and where they go."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest

from ingestion.contracts.feeds import load_feeds
from ingestion.landing import FeedCounts, UnreadableFileError
from ingestion.privacy.pseudonyms import node
from ingestion.raw.settings import SettingsMismatchError
from tests.unit.ingestion.warehouse import (
    HEADER,
    KEY,
    NAME,
    REVIEWS,
    Warehouse,
    counts,
    csv_line,
    line,
)


def test_a_row_lands_typed_hashed_and_keyed(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    landed = warehouse.land(NAME, HEADER + line("r1", text="打13812345678"))
    assert (landed.outcome, landed.reason, counts(landed)) == (
        "landed",
        None,
        FeedCounts(1, 1, 0, 0),
    )
    text_sha256 = hashlib.sha256("打[手机号]".encode()).hexdigest()
    assert warehouse.rows(
        "select channel_code, export_name, export_date, file_id, delivery_seq, row_number, load_id, "
        "superseded_load_id, record_key, currency_code, review_ref, author_ref, rating_raw, "
        "text_sha256, posted_at, extra from raw.reviews"
    ) == [
        (
            "shop", "reviews", dt.date(2026, 11, 20), landed.file_id, 1, 1, 1, None, "shop:r1", "CNY",
            "shop:r1", node(KEY, "shop_author", "u1"), 5.0, text_sha256,
            dt.datetime(2026, 11, 20, 9, 5), None,
        )
    ]  # fmt: skip
    assert warehouse.rows("select text_sha256, text_content, char_count from raw.texts") == [
        (text_sha256, "打[手机号]", 6)
    ]


def test_nothing_that_identifies_is_anywhere_in_the_warehouse(tmp_path: Path) -> None:
    crm = """\
channel: crm
label: 会员
kind: crm
domain: owned
exports:
  - name: customers
    files: {pattern: "customers_{date}.csv", format: csv}
    max_rejected_share: 1
    extra: [备注]
    feeds:
      customers:
        columns: {会员: customer_ref, 注册: registered_at, 手机: phone, 邮箱: email, 姓名: full_name}
"""
    warehouse = Warehouse(tmp_path, crm)
    warehouse.land(
        "customers_20261120.csv",
        "会员,注册,手机,邮箱,姓名,备注\n"
        "M1,2026-01-01,13812345678,wang@example.com,王小明,打13912345678\n"
        "M2,坏13712345678,13612345678,li@example.com,李小红,\n"
        "M3,2026-01-01\n",
    )
    everything = ""
    for (table,) in warehouse.rows(
        "select table_name from duckdb_tables() where schema_name = 'raw'"
    ):
        everything += str(warehouse.rows(f'from raw."{table}"'))
    for secret in (
        "13812345678",
        "13912345678",
        "13712345678",
        "13612345678",
        "example.com",
        "小",
        "M1",
        "M3",
    ):
        assert secret not in everything, secret
    assert "打[手机号]" in everything
    assert "坏[手机号]" in everything


def test_exact_repeats_are_counted_apart(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    landed = warehouse.land(NAME, HEADER + line("r1") * 3 + line("r1", text="改了") + line("r2"))
    assert counts(landed) == FeedCounts(5, 3, 0, 2)
    # two words on one review in one file are two versions; the later row wins in staging
    assert warehouse.one("select count(*) from raw.reviews where record_key = 'shop:r1'") == 2


def test_a_text_is_stored_once_over_files(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.land(NAME, HEADER + line("r1") + line("r2") + line("r3", text=""))
    warehouse.land("reviews_20261121.csv", HEADER + line("r4") + line("r5", text="差"))
    assert warehouse.rows("select text_content, load_id from raw.texts order by 2") == [
        ("很好用", 1), ("差", 2),
    ]  # fmt: skip
    assert warehouse.one("select count(*) from raw.reviews where text_sha256 is null") == 1


def test_unmapped_headers_are_reported_and_do_not_land(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    landed = warehouse.land(NAME, "评价ID,用户,评分,内容,时间,新列\nr1,u1,5,好,2026-11-20,x\n")
    assert landed.unmapped_columns == ["新列"]
    assert warehouse.one("select unmapped_columns from raw.files") == ["新列"]


def test_listed_headers_are_kept_in_extra(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, REVIEWS + "    extra: [规格, 颜色]\n")
    warehouse.land(
        NAME,
        "评价ID,用户,评分,内容,时间,规格\nr1,u1,5,好,2026-11-20,60升\nr2,u1,5,好,2026-11-20,\n",
    )
    assert warehouse.rows("select extra ->> '规格', extra is null from raw.reviews order by row_number") == [
        ("60升", False), (None, True),
    ]  # fmt: skip


def test_one_file_fills_several_feeds(tmp_path: Path) -> None:
    warehouse = Warehouse(
        tmp_path,
        """\
channel: xhs
label: 小红书
kind: social
domain: public
refs: {product_ref: crm}
exports:
  - name: notes
    files: {pattern: "notes_{date}.csv", format: csv}
    max_rejected_share: 1
    feeds:
      mentions:
        columns:
          笔记: mention_ref
          商品: product_ref
          类型: {to: mention_kind, map: {图文: post, 视频: video}}
          时间: {to: posted_at, parse: epoch_ms}
      engagement:
        only_if_present: [点赞]
        columns: {笔记: subject_ref, 点赞: {to: like_count, parse: count}, 日: measured_on}
""",
    )
    landed = warehouse.land(
        "notes_20261120.csv",
        "笔记,商品,类型,时间,点赞,日\n"
        "n1,P1,图文,1763690400000,1.2万,2026-11-20\n"
        "n2,,视频,1763690400000,,\n"
        "n3,P1,直播,1763690400000,3,2026-11-20\n",
    )
    assert landed.feeds == {
        "mentions": FeedCounts(3, 2, 1, 0),
        "engagement": FeedCounts(2, 2, 0, 0),
    }
    assert warehouse.rows("select mention_ref, product_ref, mention_kind from raw.mentions order by 1") == [
        ("xhs:n1", "crm:P1", "post"), ("xhs:n2", None, "video"),
    ]  # fmt: skip
    assert warehouse.rows("select record_key, like_count from raw.engagement order by 1") == [
        ("xhs:n1|2026-11-20", 12000), ("xhs:n3|2026-11-20", 3),
    ]  # fmt: skip
    assert warehouse.rows(
        "select feed, column_name, value_text, reason from raw.rejected_rows"
    ) == [
        (
            "mentions",
            "类型",
            "直播",
            "is not listed in the map of 类型; add it there, or set map_default",
        )
    ]


def test_keys_of_refs_dates_and_odd_characters_stay_apart(tmp_path: Path) -> None:
    warehouse = Warehouse(
        tmp_path,
        """\
channel: ads
label: 投放
kind: ads
domain: owned
refs: {campaign_ref: crm}
currency: BRL
exports:
  - name: spend
    files: {pattern: "spend_{date}.csv", format: csv}
    feeds:
      spend:
        columns: {日: spent_on, 渠道: marketing_channel_code, 活动: campaign_ref, 花费: spend_cny}
""",
    )
    warehouse.land(
        "spend_20261120.csv",
        "日,渠道,活动,花费\n2026/11/20,a|b,c,1\n2026/11/20,a,b|c,2\n2026/11/20,50%,,3\n",
    )
    assert warehouse.rows(
        "select record_key, spend_cny, currency_code from raw.spend order by 2"
    ) == [
        ("ads:2026-11-20|a%7Cb|crm:c", 1, "BRL"),
        ("ads:2026-11-20|a|crm:b%7Cc", 2, "BRL"),
        ("ads:2026-11-20|50%25|", 3, "BRL"),
    ]


def test_identities_join_by_plain_equality(tmp_path: Path) -> None:
    crm = """\
channel: crm
label: 会员
kind: crm
domain: owned
exports:
  - name: identities
    files: {pattern: "identities_{date}.csv", format: csv}
    max_rejected_share: 1
    feeds:
      identities:
        columns: {标识: identity_value, 类型: identity_kind, 会员: customer_ref}
"""
    warehouse = Warehouse(tmp_path, REVIEWS, crm)
    warehouse.land(NAME, HEADER + line("r1"))
    warehouse.land(
        "identities_20261120.csv",
        "标识,类型,会员\nu1,shop_author,M1\n138****1234,phone,M1\nx,,M1\n",
    )
    assert warehouse.rows(
        "select review_ref, customer_ref from raw.reviews "
        "join raw.identities on identity_value = author_ref"
    ) == [("shop:r1", node(KEY, "crm_customer", "M1"))]
    assert warehouse.rows(
        "select column_name, value_text, reason from raw.rejected_rows order by 1"
    ) == [
        ("标识", None, "is blank, masked or shared by strangers"),
        ("类型", None, "is blank"),
    ]


def test_the_original_is_kept_and_comes_back(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    content = (HEADER + line("r1")).encode()
    warehouse.land(NAME, content)
    sha256 = hashlib.sha256(content).hexdigest()
    warehouse.originals.restore(sha256, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == content


def test_a_file_that_cannot_be_read_is_an_error_of_the_machine_not_of_the_file(
    tmp_path: Path,
) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.put(NAME, HEADER)
    delivery = warehouse.delivery(NAME)
    (warehouse.exports / NAME).unlink()
    with pytest.raises(UnreadableFileError, match=f"{NAME}: cannot be read"):
        warehouse.lander().land(delivery)
    assert warehouse.rows("from raw.files") == []


def test_a_landing_that_fails_half_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.put(NAME, HEADER + line("r1"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(warehouse.originals, "keep", full)
    with pytest.raises(OSError, match="No space left"):
        warehouse.land(NAME)
    for table in ("reviews", "files", "file_feeds", "texts"):
        assert warehouse.rows(f"from raw.{table}") == []
    monkeypatch.undo()
    assert warehouse.land(NAME).outcome == "landed"


def test_another_zone_or_key_stops_before_the_first_row(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.lander()
    warehouse.zone = "Europe/Paris"
    with pytest.raises(SettingsMismatchError, match=r"KOUBEI_TIMEZONE.*Asia/Shanghai"):
        warehouse.lander()
    warehouse.zone, warehouse.key = "Asia/Shanghai", KEY + b"!"
    with pytest.raises(SettingsMismatchError, match="KOUBEI_HASH_KEY"):
        warehouse.lander()


def test_json_lines_may_leave_out_what_is_blank(tmp_path: Path) -> None:
    text = REVIEWS.replace("format: csv", "format: jsonl").replace(".csv", ".jsonl")
    warehouse = Warehouse(tmp_path, text)
    landed = warehouse.land(
        "reviews_20261120.jsonl",
        '{"评价ID": "r1", "时间": 20261120, "评分": 4.5, "新": {"a": 1}}\n'
        "\n"
        "{broken\n"
        '{"评价ID": 2, "时间": "2026-11-20", "内容": "第\\n二"}\n'
        "[1]\n"
        '{"评价ID": "r3", "时间": "x"}\n',
    )
    assert counts(landed) == FeedCounts(5, 2, 3, 0)
    assert landed.unmapped_columns == ["新"]
    assert warehouse.rows("select record_key, rating_raw from raw.reviews order by 1") == [
        ("shop:2", None), ("shop:r1", 4.5),
    ]  # fmt: skip
    assert warehouse.rows("select line_number, reason from raw.rejected_rows order by 1") == [
        (3, "the line is not a JSON object"),
        (5, "the line is not a JSON object"),
        (6, "is not a time such as 2026-11-20 09:05:00 or 2026/11/20 9:05"),
    ]


@pytest.mark.integration
def test_every_feed_can_be_landed_into(tmp_path: Path) -> None:
    """A contract that maps every column of a feed to a header of the same name."""
    samples = {
        "varchar": "a", "text": "文", "timestamp": "2026-11-20", "date": "2026-11-20", "bigint": "1",
        "double": "0.5", "decimal(18,2)": "1.5", "boolean": "是",
    }  # fmt: skip
    feeds = load_feeds()
    contracts = []
    for feed in feeds.values():
        columns = "\n".join(f"          {name}: {name}" for name in feed.columns)
        contracts.append(
            f"channel: c_{feed.name}\nlabel: 任\nkind: crm\ndomain: owned\nexports:\n  - name: all\n"
            f'    files: {{pattern: "{feed.name}-{{date}}.csv", format: csv}}\n    feeds:\n'
            f"      {feed.name}:\n        columns:\n{columns}\n"
        )
    warehouse = Warehouse(tmp_path, *contracts)
    for feed in feeds.values():
        values = [
            "phone" if column.identifier is None and name == "identity_kind" else
            "13812345678" if column.identifier in {"phone", "identity_kind"} else
            "a@b.cn" if column.identifier == "email" else samples[column.type]
            for name, column in feed.columns.items()
        ]  # fmt: skip
        content = csv_line(list(feed.columns)) + "\n" + csv_line(values) + "\n"
        landed = warehouse.land(f"{feed.name}-20261120.csv", content)
        assert landed.feeds == {feed.name: FeedCounts(1, 1, 0, 0)}, (feed.name, landed.reason)
        nulls = warehouse.rows(
            f'select * exclude (superseded_load_id, extra) from raw."{feed.name}"'
        )[0]
        assert None not in nulls, feed.name
