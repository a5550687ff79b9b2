"""One night with every kind of bad file: each is told apart, and the rest of the night goes on."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest

from tests.integration.home import Home, made_once

pytestmark = pytest.mark.integration

HEADERS = ["评价ID", "商品编号", "评分", "评价内容", "评价时间"]
CONTRACT = """
channel: shop
label: 自营商城
kind: ecommerce
domain: owned
timezone: Asia/Shanghai
exports:
"""
EXPORT = """
  - name: {name}
    files: {{pattern: "{name}_{{date}}.csv{ending}", format: csv, encoding: utf-8{compression}}}
    mode: delta
    feeds:
      reviews:
        columns: {{评价ID: review_ref, 商品编号: product_ref, 评分: rating_raw, 评价内容: review_text, 评价时间: posted_at}}
        constants: {{rating_max: 5}}
"""
TEXTS = [
    "质量很好，送货也快",
    "用了两天就坏了，太差",
    "一般般吧",
    "包装破损，客服不理人",
    "物超所值",
]
ROWS = 10_000


def export_text(prefix: str, rows: int, headers: list[str] = HEADERS) -> str:
    """A well-formed export of so many reviews."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headers)
    for number in range(rows):
        writer.writerow(
            [
                f"{prefix}{number}",
                f"P{number % 7}",
                1 + number % 5,
                TEXTS[number % 5],
                "2026/11/20 9:05",
            ]
        )
    return out.getvalue()


def one_bad_night(folder: Path) -> None:
    """Deliver one good file, one with three bad rows, and three that must be refused; refresh."""
    contracts, exports = folder / "contracts", folder / "exports"
    contracts.mkdir(parents=True)
    exports.mkdir()
    names = ["good", "few", "truncated", "gbk", "renamed"]
    text = CONTRACT + "".join(
        EXPORT.format(
            name=name,
            ending=".gz" if name == "truncated" else "",
            compression=", compression: gzip" if name == "truncated" else "",
        )
        for name in names
    )
    (contracts / "shop.yml").write_text(text, encoding="utf-8")

    (exports / "good_20261120.csv").write_text(export_text("g", 50), encoding="utf-8")
    lines = export_text("f", ROWS).splitlines()
    lines[11] = lines[11].replace("2026/11/20 9:05", "昨天下午")  # line 12 of the file
    lines[500] = lines[500].replace(",P", ",P", 1).replace(lines[500].split(",")[2], "很多星", 1)
    lines[9000] = "," + lines[9000].split(",", 1)[1]
    (exports / "few_20261120.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    whole = gzip.compress(export_text("t", 500).encode())
    (exports / "truncated_20261120.csv.gz").write_bytes(whole[: len(whole) // 2])
    (exports / "gbk_20261120.csv").write_bytes(export_text("k", 50).encode("gb18030"))
    renamed = ["评价ID", "商品编号", "评分", "评价内容", "评论时间"]
    (exports / "renamed_20261120.csv").write_text(export_text("r", 50, renamed), encoding="utf-8")

    home = bad_home(folder)
    done = home.run("refresh")
    (folder / "refresh.out").write_text(done.stdout + done.stderr, encoding="utf-8")


def bad_home(folder: Path) -> Home:
    return Home(
        folder,
        {
            "KOUBEI_CHANNELS": str(folder / "contracts"),
            "KOUBEI_HASH_KEY": "a-key-for-tests-only-0123456789",
        },
    )


@pytest.fixture(scope="session")
def night(shared_folder: Path) -> Home:
    return bad_home(made_once(shared_folder, "bad_night", one_bad_night))


def reason_of(home: Home, name: str) -> str:
    rows = home.query(f"select outcome, reason from meta.files where file_name like '%{name}%'")
    assert [row["outcome"] for row in rows] == ["refused"]
    return rows[0]["reason"]


def test_the_good_file_and_the_good_rows_are_published(night: Home) -> None:
    assert night.one("select count(*) from reviews.fct_voices") == 50 + ROWS - 3


def test_three_bad_rows_among_ten_thousand_are_kept_with_line_column_and_reason(
    night: Home,
) -> None:
    rows = night.query(
        "select line_number, column_name, value_text, reason from meta.rejected_rows order by line_number"
    )
    assert [row["line_number"] for row in rows] == [12, 501, 9001]
    assert rows[0]["value_text"] == "昨天下午"
    assert "评价时间" in rows[0]["column_name"]
    assert "很多星" in rows[1]["value_text"]
    assert "评价ID" in rows[2]["column_name"]
    assert all(row["reason"] for row in rows)
    listed = night.run("rejects", "--file", "few_20261120.csv").stdout
    assert "昨天下午" in listed
    assert "12" in listed


def test_delivered_is_landed_plus_rejected_plus_duplicate(night: Home) -> None:
    counts = night.build(
        "select delivered_count, landed_count, rejected_count, duplicate_count "
        "from raw.file_feeds join raw.files using (file_id) where outcome = 'landed'"
    )
    assert sorted(counts) == [(50, 50, 0, 0), (ROWS, ROWS - 3, 3, 0)]


def test_a_truncated_gzip_is_refused_whole(night: Home) -> None:
    reason = reason_of(night, "truncated_20261120")
    assert "gzip" in reason
    assert "ends too early" in reason
    assert "deliver it again" in reason


def test_a_gbk_file_declared_utf8_names_the_encoding_and_the_contract(night: Home) -> None:
    reason = reason_of(night, "gbk_20261120")
    assert "gb18030" in reason
    assert "shop.yml" in reason


def test_a_renamed_header_is_named_with_the_one_that_looks_like_it(night: Home) -> None:
    reason = reason_of(night, "renamed_20261120")
    assert "评价时间" in reason
    assert "评论时间" in reason


def test_the_summary_tells_a_stranger_what_was_refused(night: Home) -> None:
    told = (night.path / "refresh.out").read_text(encoding="utf-8")
    for name in ["truncated_20261120", "gbk_20261120", "renamed_20261120"]:
        assert name in told
    status = night.run("status").stdout
    assert "renamed_20261120" in status


def test_the_refused_are_not_tried_again_until_something_changes_and_then_land(
    night: Home, tmp_path: Path
) -> None:
    import shutil

    copy = tmp_path / "home"
    shutil.copytree(night.path, copy, symlinks=True)
    home = bad_home(copy)
    (home.exports / "renamed_20261120.csv").write_text(export_text("r", 50), encoding="utf-8")
    home.run("refresh")
    assert home.one("select count(*) from reviews.fct_voices") == 50 + ROWS - 3 + 50
