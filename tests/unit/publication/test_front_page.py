"""The page that readers keep open: the newest report, and what a refused night leaves there."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from orchestration.publication import ledger, store
from orchestration.publication.ledger import CheckResult, LedgerEntry
from orchestration.publication.rewriting import REPLACEMENT, rewrite
from orchestration.publication.traces import Traces, voice_mark
from orchestration.report.front_page import FRONT_PAGE, rewrite_front_page
from tests.unit.publication.house import House
from tests.unit.publication.pages import Node, page_at

BROKEN = CheckResult(
    "raw_reviews_stars", "gx", "raw.reviews", "critical", False, 3, "评分 9 超出 5",
    [{"review_ref": "R-secret-1"}],
)  # fmt: skip


def refuse(house: House) -> Node:
    with house.connect() as connection:
        ledger.create_ledger(connection)
        ledger.record_checks(connection, "second", 99, [BROKEN])
        ledger.record_verdict(
            connection,
            LedgerEntry(
                publication_id=None, as_of=date(2026, 10, 31), load_id=99, run_id="second",
                verdict="refused", reason="raw.reviews: 评分 9 超出 5",
                published_at=datetime(2026, 11, 1, 5, 2),
            ),
        )  # fmt: skip
        rewrite_front_page(house.settings, connection)
    return front(house)


def front(house: House) -> Node:
    return page_at(house.published / FRONT_PAGE)


def test_after_a_publication_it_is_that_report(house: House) -> None:
    published = house.publish()
    page = house.published / FRONT_PAGE
    assert page.is_symlink()
    assert page.resolve() == published.path.resolve() / FRONT_PAGE
    assert front(house).all("section", "refused") == []


def test_a_refused_run_is_shown_above_the_report_that_stands(house: House) -> None:
    published = house.publish()
    before = (published.path / FRONT_PAGE).read_bytes()
    page = refuse(house)
    notice = page.one("section", "refused")
    assert notice.one("h2").said("zh") == "✗ 2026-10-31 的数据未通过检查，没有发布"
    assert "did not pass the checks" in notice.one("h2").said("en")
    assert "下面仍是数据截至 2026-10-30 的报告" in notice.said("zh")
    assert notice.table("checks", "en") == [
        ["raw_reviews_stars", "raw.reviews", "3", "评分 9 超出 5"]
    ]
    assert "R-secret-1" not in page.said(), "rows that fail are not for a page"
    assert page.one("h1").said("en") == "Data as of 2026-10-30"
    assert (published.path / FRONT_PAGE).read_bytes() == before, "what is published stays"


def test_a_refusal_before_anything_was_published_has_a_page_of_its_own(house: House) -> None:
    page = refuse(house)
    assert page.one("h1").said("en") == "Nothing was published today"
    assert "还没有任何一次发布" in page.one("section", "refused").said("zh")
    assert "2 / 2数据流按时" in page.section("health").said("zh")


def test_the_next_publication_takes_the_refusal_away(house: House) -> None:
    house.publish()
    refuse(house)
    house.load_id = 100
    house.run("update reviews.fct_voices set value_cny = 1")
    house.publish(run_id="third")
    assert front(house).all("section", "refused") == []


def test_a_night_without_news_takes_the_refusal_away_too(house: House) -> None:
    house.publish()
    refuse(house)
    house.load_id = 100
    assert not house.publish(run_id="third").is_new
    assert front(house).all("section", "refused") == []


def test_a_report_of_an_older_version_is_linked_from_the_refusal(house: House) -> None:
    published = house.publish()
    (published.path / FRONT_PAGE).write_text("<p>an older page</p>", encoding="utf-8")
    page = refuse(house)
    (link,) = [a for a in page.one("section", "refused").all("a")]
    assert link.attributes["href"] == "current/report.html"
    assert (house.published / link.attributes["href"]).exists()


@pytest.mark.parametrize("said_twice", [1, 2])
def test_a_quote_goes_with_the_person_who_said_it(house: House, said_twice: int) -> None:
    published = house.publish()
    report: Path = published.path / FRONT_PAGE
    mine, theirs = voice_mark("review:jd:R1"), voice_mark("review:jd:R2")
    report.write_text(
        f'<q class="asis" lang="zh" data-of="{mine}">三天就没电</q>'
        f'<q class="asis" lang="zh" data-of="{theirs}">三天就没电</q>',
        encoding="utf-8",
    )
    for _ in range(said_twice):
        rewrite(store.current(house.published), Traces(("R1",)))
    quotes = page_at(house.published / "current" / FRONT_PAGE).all("q")
    assert [quote.said() for quote in quotes] == [REPLACEMENT, "三天就没电"]
