from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import duckdb
import pytest
from chinese_calendar import constants

from ingestion.contracts.feeds import load_feeds
from ingestion.raw.schema import create_raw_schema
from ingestion.raw.work_calendar import calendar_fingerprint, write_work_calendar


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_raw_schema(connection, load_feeds())
        connection.execute(
            "insert into raw.files (export_date, outcome) "
            "values ('2026-10-31', 'landed'), ('2030-01-01', 'refused')"
        )
        connection.execute("insert into raw.reviews (posted_at) values ('2024-05-06 10:00:00')")
        yield connection


def _day(connection: duckdb.DuckDBPyConnection, day: str) -> tuple[bool, bool, str | None]:
    return connection.execute(
        f"select is_workday, is_known, holiday_name from raw.work_calendar where day = '{day}'"
    ).fetchall()[0]


def test_it_holds_whole_years_from_the_oldest_voice_to_a_year_after_the_newest_export(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    assert write_work_calendar(warehouse) == 366 + 365 * 3
    assert write_work_calendar(warehouse) == 366 + 365 * 3
    assert warehouse.execute("select min(day), max(day) from raw.work_calendar").fetchall() == [
        (dt.date(2024, 1, 1), dt.date(2027, 12, 31))
    ]


# the arrangement of 2026 as announced: nine days of Spring Festival, seven of National Day
@pytest.mark.parametrize(
    ("day", "is_workday", "holiday"),
    [
        ("2026-02-13", True, None),
        ("2026-02-14", True, "春节"),  # a Saturday that makes up for the Spring Festival
        ("2026-02-15", False, "春节"),
        ("2026-02-23", False, "春节"),
        ("2026-02-24", True, None),
        ("2026-02-28", True, "春节"),
        ("2026-09-20", True, "国庆节"),
        ("2026-09-30", True, None),
        ("2026-10-07", False, "国庆节"),
        ("2026-10-08", True, None),
        ("2026-10-10", True, "国庆节"),
        ("2026-10-11", False, None),
    ],
)
def test_holidays_rest_and_make_up_days_work(
    day: str, is_workday: bool, holiday: str | None, warehouse: duckdb.DuckDBPyConnection
) -> None:
    write_work_calendar(warehouse)
    assert _day(warehouse, day) == (is_workday, True, holiday)


def test_a_year_that_the_package_does_not_know_has_plain_weekdays_and_says_so(
    warehouse: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {day: name for day, name in constants.holidays.items() if day.year < 2026}
    monkeypatch.setattr(constants, "holidays", known)
    write_work_calendar(warehouse)
    assert _day(warehouse, "2025-10-01") == (False, True, "国庆节")
    assert _day(warehouse, "2026-10-01") == (True, False, None)  # a Thursday
    assert _day(warehouse, "2026-10-03") == (False, False, None)  # a Saturday


def test_a_calendar_with_other_days_has_another_fingerprint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = calendar_fingerprint()
    assert calendar_fingerprint() == before
    moved = {**constants.workdays, dt.date(2026, 12, 26): "New Year's Day"}
    monkeypatch.setattr(constants, "workdays", moved)
    assert calendar_fingerprint() != before


def test_before_the_first_export_there_is_no_calendar(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    warehouse.execute("delete from raw.files")
    assert write_work_calendar(warehouse) == 0
