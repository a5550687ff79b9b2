"""One night with every kind of bad file, made once: the world of test_bad_files and test_gate."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

from tests.integration.home import Home
from tests.integration.parsing import carry_parse

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


def one_bad_night(folder: Path, parsed: Path) -> None:
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

    carry_parse(parsed, folder)
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
