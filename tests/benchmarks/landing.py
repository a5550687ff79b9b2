"""Landing a review export of a million rows, beside DuckDB's own `read_csv` into a table.

The peer does less: no hashing of people, no redaction, no rejected rows, no encrypted original. That
is what a user would type instead, so that is what ours is compared with.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import date
from pathlib import Path

import duckdb

from ingestion.contracts.feeds import load_feeds
from ingestion.contracts.load import load_contracts
from ingestion.files.deliveries import scan
from ingestion.files.originals import Originals
from ingestion.landing import Lander
from ingestion.raw.schema import create_raw_schema
from tests.benchmarks.timing import Timing, in_turn, peak_memory_mib

ROWS = 1_000_000
DAY = date(2026, 11, 20)
CONTRACT = """
channel: shop
label: 商城
kind: ecommerce
domain: owned
exports:
  - name: reviews
    files: {pattern: "reviews_{date}.csv", format: csv, encoding: utf-8}
    feeds:
      reviews:
        columns:
          评价ID: review_ref
          订单编号: order_ref
          商品编号: product_ref
          用户账号: author_ref
          评分: {to: rating_raw, parse: stars}
          评价内容: review_text
          评价时间: posted_at
          有用数: {to: helpful_count, parse: count}
        constants: {rating_max: 5}
"""
COLUMNS = """
    'R' || i as 评价ID, 'O' || i as 订单编号, 'P' || i % 40 as 商品编号, 'u' || i % 300000 as 用户账号,
    1 + i % 5 || '星' as 评分,
    '第' || i % 200000 || '位买家：' || repeat('质量不错，物流也快，客服回复及时，', 1 + i % 3) as 评价内容,
    strftime(timestamp '2026-11-20 00:00:00' + to_seconds(i % 86400), '%Y/%m/%d %H:%M:%S') as 评价时间,
    i % 90 as 有用数
"""


def run() -> list[Timing]:
    """Land the file once a round into a fresh warehouse, and read it once a round the plain way."""
    folder = Path(tempfile.mkdtemp(prefix="bench-landing-"))
    try:
        (folder / "contracts").mkdir()
        (folder / "contracts" / "shop.yml").write_text(CONTRACT, encoding="utf-8")
        (folder / "exports").mkdir()
        export = folder / "exports" / f"reviews_{DAY:%Y%m%d}.csv"
        duckdb.execute(
            f"copy (select {COLUMNS} from range({ROWS}) as numbers (i)) to '{export}' (header, delimiter ',')"
        )
        contracts, feeds = load_contracts(folder / "contracts"), load_feeds()
        (delivery,) = scan(str(folder / "exports"), contracts).deliveries
        counts: dict[str, int] = {}

        def ours() -> None:
            shutil.rmtree(folder / "ours", ignore_errors=True)
            (folder / "ours").mkdir()
            with duckdb.connect(str(folder / "ours" / "warehouse.duckdb")) as db:
                create_raw_schema(db, feeds)
                key = b"a-key-for-the-benchmark-only-0123"
                lander = Lander(
                    db, feeds=feeds, hash_key=key, business_zone="Asia/Shanghai",
                    originals=Originals(folder / "ours" / "originals", key),
                    work_dir=folder / "ours" / "work", load_id=1,
                )  # fmt: skip
                counts["ours"] = lander.land(delivery).feeds["reviews"].landed

        def peer() -> None:
            (folder / "peer.duckdb").unlink(missing_ok=True)
            with duckdb.connect(str(folder / "peer.duckdb")) as db:
                db.execute(f"create table reviews as from read_csv('{export}')")
                ((counts["peer"],),) = db.execute("select count(*) from reviews").fetchall()

        seconds = in_turn(ours, peer)
        agreement = f"{counts['ours']:,} of {counts['peer']:,} rows"
        size = f"{ROWS:,} rows, {export.stat().st_size / 2**20:.0f} MiB"
        return [
            Timing("landing", size, *seconds, "read_csv into a table", agreement, peak_memory_mib())
        ]
    finally:
        shutil.rmtree(folder)
