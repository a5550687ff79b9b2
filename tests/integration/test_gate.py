"""What does not hold is not published: a broken expectation, a failing dbt test, a second refresh."""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.integration.home import Home

pytestmark = pytest.mark.integration

CONTRACT = """
channel: shop
label: 海外商城
kind: ecommerce
domain: owned
timezone: Asia/Shanghai
currency: {currency}
exports:
  - name: reviews
    files: {{pattern: "shop_reviews_{{date}}[_r{{revision}}].csv", format: csv, encoding: utf-8}}
    mode: delta
    feeds:
      reviews:
        columns: {{评价ID: review_ref, 评分: {{to: rating_raw, parse: decimal}}, 评价时间: posted_at}}
        constants: {{rating_max: 5}}
  - name: orders
    files: {{pattern: "shop_orders_{{date}}[_r{{revision}}].csv", format: csv, encoding: utf-8}}
    mode: delta
    feeds:
      orders:
        columns: {{订单号: order_ref, 下单时间: ordered_at, 金额: gross_cny, 状态: status_code}}
"""


def with_shop(home: Home, folder: Path, currency: str = "CNY") -> str:
    """Give the home one more channel; return the day after its last, as its files write it."""
    contracts = folder / "contracts"
    contracts.mkdir(exist_ok=True)
    (contracts / "shop.yml").write_text(CONTRACT.format(currency=currency), encoding="utf-8")
    home.extra["KOUBEI_CHANNELS"] = str(contracts)
    return f"{date.fromisoformat(home.manifest['as_of']) + timedelta(days=1):%Y%m%d}"


def test_a_broken_expectation_keeps_the_last_publication_until_the_data_are_corrected(
    own_home: Home, tmp_path: Path
) -> None:
    day = with_shop(own_home, tmp_path)
    published, hashes = own_home.current, own_home.mart_hashes
    header = "评价ID,评分,评价时间\n"
    (own_home.exports / f"shop_reviews_{day}.csv").write_text(
        header + "R1,9,2026/11/01 9:05\nR2,4,2026/11/01 9:06\n", encoding="utf-8"
    )
    refused = own_home.run("refresh", expect=1)
    assert "raw_reviews_stars" in refused.stdout
    assert own_home.current == published
    assert own_home.mart_hashes == hashes
    status = own_home.run("status").stdout
    assert "refused" in status
    assert "raw_reviews_stars" in status
    assert "shop" in status  # the row that broke it is shown
    assert own_home.one("select count(*) from reviews.fct_voices where channel_code = 'shop'") == 0

    front = own_home.path / "published" / "report.html"
    page = front.read_text(encoding="utf-8")
    notice = page[page.index('class="refused"') : page.index("<nav")]
    assert "raw_reviews_stars" in notice, "told on the page that readers keep open, above the old"

    own_home.run("refresh", expect=1)  # nothing was corrected: it is still refused

    (own_home.exports / f"shop_reviews_{day}_r2.csv").write_text(
        header + "R1,5,2026/11/01 9:05\nR2,4,2026/11/01 9:06\n", encoding="utf-8"
    )
    own_home.run("refresh")
    assert own_home.current != published
    assert front.resolve() == own_home.current / "report.html"
    assert own_home.one("select count(*) from reviews.fct_voices where channel_code = 'shop'") == 2


def test_a_failing_dbt_test_keeps_the_last_publication_and_shows_its_rows(
    own_home: Home, tmp_path: Path
) -> None:
    day = with_shop(own_home, tmp_path, currency="XYZ")
    published = own_home.current
    (own_home.exports / f"shop_orders_{day}.csv").write_text(
        "订单号,下单时间,金额,状态\nO1,2026/11/01 9:05,12.50,completed\n", encoding="utf-8"
    )
    refused = own_home.run("refresh", expect=1)
    assert "every_day_of_money_has_a_rate" in refused.stdout
    assert "XYZ" in refused.stdout
    assert own_home.current == published
    status = own_home.run("status").stdout
    assert "every_day_of_money_has_a_rate" in status
    assert "XYZ" in status


def test_a_second_refresh_stops_beside_the_first_and_changes_nothing_after_it(
    own_home: Home,
) -> None:
    published, files = own_home.current, own_home.build("select count(*) from raw.files")
    first = own_home.start("refresh")
    try:
        holder = own_home.path / "build" / "refresh.holder"
        for _ in range(1200):
            if holder.exists():
                break
            time.sleep(0.05)
        second = own_home.run("refresh", expect=2)
        assert f"process {first.pid}" in second.stdout + second.stderr
        assert first.poll() is None, "the first ended before the second was tried"
    finally:
        assert first.wait(timeout=300) == 0
    # nothing had arrived since the last one
    assert own_home.current == published
    assert own_home.build("select count(*) from raw.files") == files
    last = own_home.build(
        "select verdict from meta.publications order by published_at desc limit 1"
    )
    assert last == [("unchanged",)]


def test_misuse_and_a_bad_environment_are_one_line_and_exit_2(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.path.mkdir()
    no_key = home.run("refresh", expect=2)
    assert "KOUBEI_HASH_KEY" in no_key.stderr + no_key.stdout
    home.extra["KOUBEI_HASH_KEY"] = "a-key-for-tests-only-0123456789"
    nothing = home.run("refresh", expect=2)
    assert "koubei demo" in nothing.stderr + nothing.stdout
    home.extra["KOUBEI_TIMEZONE"] = "Mars/Olympus"
    zone = home.run("refresh", expect=2)
    assert "KOUBEI_TIMEZONE" in zone.stderr + zone.stdout
    assert home.run("query", "select 1", expect=2)


def test_a_home_keeps_its_zone_and_its_key(own_home: Home) -> None:
    own_home.extra["KOUBEI_TIMEZONE"] = "Europe/Berlin"
    zone = own_home.run("refresh", expect=2)
    assert "Asia/Shanghai" in zone.stderr + zone.stdout
    del own_home.extra["KOUBEI_TIMEZONE"]
    own_home.extra["KOUBEI_HASH_KEY"] = "another-key-for-tests-0123456789"
    key = own_home.run("refresh", expect=2)
    assert "key" in (key.stderr + key.stdout).lower()


def test_queries_cannot_write_or_leave_the_published_set(own_home: Home) -> None:
    own_home.run("query", "create table main.x as select 1", expect=2)
    own_home.run("query", "copy (select 1) to 'x.csv'", expect=2)
    typo = own_home.run("query", "select nothing from reviews.fct_voices", expect=2)
    assert "nothing" in typo.stderr + typo.stdout
