from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest

from ingestion.contracts.feeds import load_feeds
from ingestion.raw.schema import create_raw_schema
from orchestration.publication.feed_health import Health, read_health
from tests.unit.publication.house import DAY, House


def health_of(house: House) -> Health:
    with house.connect() as connection:
        return read_health(connection)


def test_before_anything_landed_there_is_nothing_to_say() -> None:
    with duckdb.connect() as connection:
        assert read_health(connection) == Health()
        create_raw_schema(connection, load_feeds())
        assert read_health(connection) == Health()


def test_a_header_only_file_counts_as_news(house: House) -> None:
    house.land("jd_reviews_2026-10-31.csv", date(2026, 10, 31), row_days=())
    (jd, weibo) = health_of(house).feeds
    assert (jd["feed"], jd["last_export_date"], jd["days_behind"]) == (
        "reviews", date(2026, 10, 31), 0,
    )  # fmt: skip
    assert (weibo["feed"], weibo["days_behind"], weibo["row_count"]) == ("mentions", 1, 0)


def test_live_rows_are_counted_and_superseded_ones_are_not(house: House) -> None:
    house.land("jd_reviews_a.csv", DAY, row_days=("2026-10-30 08:00", "2026-10-30 09:00"))
    house.run("update raw.reviews set superseded_load_id = 99 where row_number = 1")
    assert health_of(house).feeds[0]["row_count"] == 1


def test_days_missing_in_a_daily_export_are_named_up_to_as_of(house: House) -> None:
    # jd has 28, 29, 30 October; then 2 November, and the data run through the 4th
    house.land("jd_reviews_2026-11-02.csv", date(2026, 11, 2))
    house.land("weibo_posts_2026-11-04.csv", date(2026, 11, 4), channel="weibo", feed="mentions")
    health = health_of(house)
    (jd,) = [each for each in health.missing if each["channel_code"] == "jd"]
    assert jd["missing_days"] == [
        date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 3), date(2026, 11, 4),
    ]  # fmt: skip
    assert jd["missing_count"] == 4
    assert [each["is_late"] for each in health.feeds] == [True, False]


@pytest.mark.parametrize(
    ("ages", "missing"),
    [
        ([28, 21, 14, 7], []),
        ([28, 21, 7], [14]),
        ([28, 21, 14], [7]),
        ([27, 20, 13, 6], []),
    ],
)
def test_a_weekly_export_is_missed_by_the_week(
    house: House, ages: list[int], missing: list[int]
) -> None:
    for age in ages:
        house.land(f"weekly_{age}.csv", DAY - timedelta(age), channel="crm", feed="mentions")
    found = [each for each in health_of(house).missing if each["channel_code"] == "crm"]
    assert [day for each in found for day in each["missing_days"]] == [
        DAY - timedelta(age) for age in missing
    ]


def test_an_export_seen_once_has_no_rhythm_yet(house: House) -> None:
    house.land("once.csv", DAY - timedelta(20), channel="crm", feed="mentions")
    health = health_of(house)
    assert not [each for each in health.missing if each["channel_code"] == "crm"]
    assert not [each for each in health.feeds if each["channel_code"] == "crm" and each["is_late"]]


def test_a_refusal_is_open_until_a_later_delivery_lands(house: House) -> None:
    house.land("jd_reviews_2026-10-31.csv", date(2026, 10, 31), outcome="refused", reason="cut")
    assert [each["reason"] for each in health_of(house).refusals] == ["cut"]
    house.land("jd_reviews_2026-10-31.csv", date(2026, 10, 31))
    assert health_of(house).refusals == []


def test_rejections_are_open_until_the_file_is_replaced(house: House) -> None:
    house.land("jd_reviews_bad.csv", DAY, rejected=3)
    (rejection,) = health_of(house).rejections
    assert rejection["rejected_count"] == 3
    assert rejection["reason"] == "not a time"
    assert health_of(house).feeds[0]["rejected_count"] == 3
    house.run("update raw.files set superseded_load_id = 99 where file_name like '%bad%'")
    assert health_of(house).rejections == []
    assert health_of(house).feeds[0]["rejected_count"] == 0
