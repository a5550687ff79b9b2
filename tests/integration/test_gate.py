"""What does not hold is not published: a broken expectation, a failing dbt test, misuse."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.integration.bad_night import ROWS, bad_home, export_text
from tests.integration.home import Home, copied

pytestmark = pytest.mark.integration

CONTRACT = """
channel: mall
label: 海外商城
kind: ecommerce
domain: owned
timezone: Asia/Shanghai
currency: {currency}
exports:
  - name: reviews
    files: {{pattern: "mall_reviews_{{date}}[_r{{revision}}].csv", format: csv, encoding: utf-8}}
    mode: delta
    feeds:
      reviews:
        columns: {{评价ID: review_ref, 评分: {{to: rating_raw, parse: decimal}}, 评价时间: posted_at}}
        constants: {{rating_max: 5}}
  - name: orders
    files: {{pattern: "mall_orders_{{date}}[_r{{revision}}].csv", format: csv, encoding: utf-8}}
    mode: delta
    feeds:
      orders:
        columns: {{订单号: order_ref, 下单时间: ordered_at, 金额: gross_cny, 状态: status_code}}
"""


def with_mall(home: Home, currency: str = "CNY") -> str:
    """Give the home one more channel; return the day after its last, as its files write it."""
    contract = home.path / "contracts" / "mall.yml"
    contract.write_text(CONTRACT.format(currency=currency), encoding="utf-8")
    return f"{date.fromisoformat(home.manifest['as_of']) + timedelta(days=1):%Y%m%d}"


def test_what_does_not_hold_keeps_the_last_publication_until_it_is_corrected(
    night: Home, tmp_path: Path
) -> None:
    home = bad_home(copied(night, tmp_path / "home").path)
    published, hashes = home.current, home.mart_hashes

    # a broken expectation
    day = with_mall(home, currency="XYZ")
    header = "评价ID,评分,评价时间\n"
    (home.exports / f"mall_reviews_{day}.csv").write_text(
        header + "R1,9,2026/11/01 9:05\nR2,4,2026/11/01 9:06\n", encoding="utf-8"
    )
    refused = home.run("refresh", expect=1)
    assert "raw_reviews_stars" in refused.stdout
    assert home.current == published
    assert home.mart_hashes == hashes
    status = home.run("status").stdout
    assert "refused" in status
    assert "raw_reviews_stars" in status
    assert "mall" in status  # the row that broke it is shown
    of_mall = "select count(*) from reviews.fct_voices where channel_code = 'mall'"
    assert home.one(of_mall) == 0

    front = home.path / "published" / "report.html"
    page = front.read_text(encoding="utf-8")
    notice = page[page.index('class="refused"') : page.index("<nav")]
    assert "raw_reviews_stars" in notice, "shown on the page that readers keep open, above the old"

    # nothing was corrected: it is still refused, and no file is tried again that was
    files = home.build("select count(*) from raw.files")
    home.run("refresh", expect=1)
    assert home.build("select count(*) from raw.files") == files

    # corrected, and now a dbt test fails: money without a rate
    (home.exports / f"mall_reviews_{day}_r2.csv").write_text(
        header + "R1,5,2026/11/01 9:05\nR2,4,2026/11/01 9:06\n", encoding="utf-8"
    )
    order = "订单号,下单时间,金额,状态\nO1,2026/11/01 9:05,12.50,completed\n"
    (home.exports / f"mall_orders_{day}.csv").write_text(order, encoding="utf-8")
    refused = home.run("refresh", expect=1)
    assert "every_day_of_money_has_a_rate" in refused.stdout
    assert "XYZ" in refused.stdout
    assert home.current == published
    status = home.run("status").stdout
    assert "every_day_of_money_has_a_rate" in status
    assert "XYZ" in status

    # all is corrected, and a file that was refused whole is delivered again under the agreed names
    with_mall(home)
    (home.exports / f"mall_orders_{day}_r2.csv").write_text(
        order.replace("12.50", "12.60"), encoding="utf-8"
    )
    (home.exports / "renamed_20261120.csv").write_text(export_text("r", 50), encoding="utf-8")
    home.run("refresh")
    assert home.current != published
    assert front.resolve() == home.current / "report.html"
    assert home.one(of_mall) == 2
    assert home.one("select count(*) from segments.fct_orders where channel_code = 'mall'") == 1
    assert home.one("select count(*) from reviews.fct_voices") == 50 + ROWS - 3 + 50 + 2


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


def test_queries_cannot_write_or_leave_the_published_set(demo_home: Home) -> None:
    demo_home.run("query", "create table main.x as select 1", expect=2)
    demo_home.run("query", "copy (select 1) to 'x.csv'", expect=2)
    typo = demo_home.run("query", "select nothing from reviews.fct_voices", expect=2)
    assert "nothing" in typo.stderr + typo.stdout
