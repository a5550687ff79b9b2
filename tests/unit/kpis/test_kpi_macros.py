"""The two macros that KPIs are written with, on the project's own kpi_windows and tables that a test makes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from tests.unit.dbt.building import Build

HEAD = "with subjects as (select * from counted_things), measured as ("
TAIL = ") select * from measured order by all"
MEASURES = "{'numerator': 'sum(numerator)', 'sample_count': 'count(*)'}"


@pytest.fixture(scope="module")
def house() -> Iterator[Build]:
    """Data from Monday, 29 December 2025, to Wednesday, 4 March 2026."""
    connection = duckdb.connect()
    connection.execute(
        """
        create table stg_as_of as select date '2026-03-04' as as_of;
        create table fct_voices as select timestamp '2025-12-29 08:00:00' as posted_at;
        create table fct_orders as select null::timestamp as ordered_at;
        create table fct_touchpoints as select null::timestamp as touched_at;
        create table fct_surveys as select null::timestamp as answered_at;
        create table fct_cases as select timestamp '2026-01-01' as opened_at;
        create table int_brands as
            from (values ('north', true), ('south', true), ('rival', false)) t(brand_code, is_own_brand);
        create table counted_things (
            period_date date, channel_code varchar, brand_code varchar, product_key varchar,
            segment_kind varchar, segment_code varchar, numerator double, denominator double,
            state_from date, state_to date
        );
        """
    )
    build = Build(connection)
    build.run("kpi_windows")
    yield build
    connection.close()


def _asked(house: Build, call: str, rows: str) -> list[tuple[Any, ...]]:
    connection = house.connection
    connection.execute("delete from counted_things")
    connection.execute(f"insert into counted_things by name select * from ({rows})")
    return connection.execute(house.rendered(HEAD + "{{ " + call + " }}" + TAIL)).fetchall()


ONE = """
    select
        'jd' as channel_code, 'north' as brand_code, 'P1' as product_key, 'theme' as segment_kind,
        'taste' as segment_code, 1 as numerator, 1 as denominator
"""


def test_a_period_before_the_running_one_is_cut_after_as_many_days(house: Build) -> None:
    rows = house.connection.execute(
        "select period_kind, period_start, until_on, is_cut, elapsed_days from kpi_windows "
        "where is_running or is_cut order by period_kind, period_start"
    ).fetchall()
    assert rows == [
        ("day", date(2026, 3, 4), date(2026, 3, 4), False, 1),
        ("month", date(2026, 2, 1), date(2026, 2, 4), True, 4),
        ("month", date(2026, 3, 1), date(2026, 3, 4), False, 4),
        # 63 days into the first quarter of 2026 is 2 December 2025
        ("quarter", date(2025, 10, 1), date(2025, 12, 2), True, 63),
        ("quarter", date(2026, 1, 1), date(2026, 3, 4), False, 63),
        ("week", date(2026, 2, 23), date(2026, 2, 25), True, 3),
        ("week", date(2026, 3, 2), date(2026, 3, 4), False, 3),
    ]


def test_every_period_that_has_begun_is_a_window(house: Build) -> None:
    rows = house.connection.execute(
        "select period_kind, count(*), min(period_start) from kpi_windows where not is_cut "
        "group by all order by all"
    ).fetchall()
    assert rows == [
        ("day", 66, date(2025, 12, 29)),
        ("month", 4, date(2025, 12, 1)),
        ("quarter", 2, date(2025, 10, 1)),
        # the week of 29 December is one week in two years
        ("week", 10, date(2025, 12, 29)),
    ]


@pytest.mark.parametrize(
    ("as_of", "until_on"),
    [
        # a month that is longer than the one before is compared with the whole of it
        ("2026-03-31", date(2026, 2, 28)),
        ("2026-03-15", date(2026, 2, 15)),
        ("2026-02-28", date(2026, 1, 28)),
        ("2026-01-31", date(2025, 12, 31)),
    ],
)
def test_a_shorter_month_counts_whole(house: Build, as_of: str, until_on: date) -> None:
    connection = house.connection
    connection.execute("begin")
    connection.execute(f"update stg_as_of set as_of = date '{as_of}'")
    house.run("kpi_windows")
    found = connection.execute(
        "select until_on from kpi_windows where period_kind = 'month' and is_cut"
    ).fetchone()
    connection.execute("rollback")
    assert found == (until_on,)


def test_scopes_are_totals_ours_together_and_each_brand(house: Build) -> None:
    rows = f"""
        select *, date '2026-03-03' as period_date from ({ONE})
        union all
        select * replace ('rival' as brand_code, 'weibo' as channel_code, 'unknown' as product_key),
            date '2026-03-03' from ({ONE})
    """
    call = f"kpi_scopes({MEASURES}, by=['channel', 'product', 'segment'], period_kinds=['day'])"
    found = _asked(house, call, rows)
    assert [row[3:] for row in found] == [
        ("all", "all", "all", "all", "all", 2, 2),
        ("all", "north", "P1", "all", "all", 1, 1),
        ("all", "north", "all", "all", "all", 1, 1),
        ("all", "north", "all", "theme", "taste", 1, 1),
        ("all", "own", "P1", "all", "all", 1, 1),
        ("all", "own", "all", "all", "all", 1, 1),
        ("all", "own", "all", "theme", "taste", 1, 1),
        ("all", "rival", "all", "all", "all", 1, 1),
        ("all", "rival", "all", "theme", "taste", 1, 1),
        ("all", "rival", "unknown", "all", "all", 1, 1),
        ("jd", "all", "all", "all", "all", 1, 1),
        ("jd", "north", "all", "all", "all", 1, 1),
        ("jd", "own", "all", "all", "all", 1, 1),
        ("weibo", "all", "all", "all", "all", 1, 1),
        ("weibo", "rival", "all", "all", "all", 1, 1),
    ]


def test_what_is_not_split_has_no_row_beside_the_total(house: Build) -> None:
    rows = f"""
        select
            * replace ('own' as brand_code, 'all' as channel_code, 'all' as product_key,
                       'all' as segment_kind, 'all' as segment_code),
            date '2026-03-03' as period_date
        from ({ONE})
    """
    call = f"kpi_scopes({MEASURES}, by=['channel', 'product', 'segment'], period_kinds=['day'])"
    assert [row[3:8] for row in _asked(house, call, rows)] == [
        ("all", "all", "all", "all", "all"),
        ("all", "own", "all", "all", "all"),
    ]


@pytest.mark.parametrize(
    ("maturity_days", "running", "cut"),
    # the month of 4 days and the 4 days of February; a day later both end a day earlier
    [(0, 4, 4), (1, 3, 3), (4, None, None)],
)
def test_maturity_cuts_both_sides_alike(
    house: Build, maturity_days: int, running: int | None, cut: int | None
) -> None:
    rows = f"""
        select *, cast(day as date) as period_date
        from ({ONE}), generate_series(date '2026-02-01', date '2026-03-04', interval 1 day) t(day)
    """.replace("select *,", "select * exclude (day),")
    call = f"kpi_scopes({MEASURES}, by=[], period_kinds=['month'], maturity_days={maturity_days})"
    found = {(row[1], row[2]): row[6] for row in _asked(house, call, rows) if row[4] == "own"}
    assert found.get((date(2026, 3, 1), False)) == running
    assert found.get((date(2026, 2, 1), True)) == cut
    assert found[(date(2026, 2, 1), False)] == 28


def test_a_state_counts_where_it_stands_at_the_end_of_the_last_day(house: Build) -> None:
    rows = f"""
        select *, date '2026-02-27' as state_from, date '2026-03-03' as state_to from ({ONE})
    """
    call = f"kpi_scopes({MEASURES}, by=[], is_state=true)"
    found = [(row[0], row[1], row[2]) for row in _asked(house, call, rows) if row[4] == "own"]
    assert found == [
        ("day", date(2026, 2, 27), False),
        ("day", date(2026, 2, 28), False),
        ("day", date(2026, 3, 1), False),
        ("day", date(2026, 3, 2), False),
        ("month", date(2026, 2, 1), False),
        ("week", date(2026, 2, 23), False),
    ]


def test_a_summed_kpi_is_counted_by_its_dimensions(house: Build) -> None:
    rows = f"""
        select *, date '2026-03-03' as period_date from ({ONE})
        union all
        select * replace (0.1 as numerator), date '2026-03-03' from ({ONE})
        union all
        select * replace (0.2 as numerator, null as denominator), date '2026-03-04' from ({ONE})
    """
    found = _asked(house, "kpi_counted(segments=true, extras={'n': 'count(*)'})", rows)
    assert found == [
        (date(2026, 3, 3), "jd", "north", "P1", "theme", "taste", 1.1, 2, 2),
        (date(2026, 3, 4), "jd", "north", "P1", "theme", "taste", 0.2, None, 1),
    ]
