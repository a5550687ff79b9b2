"""The business clock: worked cases on China's own calendar, and any schedule against a plain count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.contracts.feeds import load_feeds
from ingestion.raw.schema import create_raw_schema
from ingestion.raw.work_calendar import write_work_calendar
from tests.unit.dbt.rendering import PROJECT, model, rendered

Row = tuple[Any, ...]
DEFAULT: list[Row] = [(None, dt.date(2000, 1, 1), None, "workday", "09:00", "18:00")]

TABLES = """
create or replace table department_schedules (
    department_code varchar, valid_from date, valid_to date, day_kind varchar,
    opens_at varchar, closes_at varchar
);
"""

ELAPSED = """
select (
    {{ business_reading('closing', 'asked.b') }} - {{ business_reading('opening', 'asked.a') }}
) as seconds
from asked
{{ business_hours_join('opening', 'asked.schedule_code', 'asked.a') }}
{{ business_hours_join('closing', 'asked.schedule_code', 'asked.b') }}
order by number
"""

# b holds seconds at work after a, counted from 1970
DUE = """
with goals as (
    select
        asked.number, asked.schedule_code,
        {{ business_reading('opening', 'asked.a') }} + epoch(asked.b) as reading
    from asked
    {{ business_hours_join('opening', 'asked.schedule_code', 'asked.a') }}
)
select
    min({{ plus_seconds('cast(readings.day as timestamp)',
        'readings.from_second + goals.reading - readings.seconds_before') }}) as first_at,
    max({{ plus_seconds('cast(readings.day as timestamp)',
        'readings.from_second + goals.reading - readings.seconds_before') }}) as last_at
from goals
left join int_business_readings as readings
    on goals.schedule_code = readings.schedule_code
    and {{ reading_bucket('goals.reading') }} = readings.bucket
    and goals.reading between readings.seconds_before and readings.seconds_after
group by goals.number
order by goals.number
"""


class Clock:
    """A business clock over a calendar and a schedule, asked with many moments at once."""

    def __init__(self, db: duckdb.DuckDBPyConnection, schedules: list[Row]) -> None:
        self.db = db
        db.execute(TABLES)
        db.executemany("insert into department_schedules values (?, ?, ?, ?, ?, ?)", schedules)
        db.execute(f"create or replace table int_business_hours as {model('int_business_hours')}")
        db.execute(
            f"create or replace view int_business_readings as {model('int_business_readings')}"
        )

    def _ask(self, sql: str, asked: list[Row], schedule: str) -> list[Row]:
        self.db.execute(
            "create or replace temp table asked as select unnest(range(len($a))) as number, "
            "$schedule as schedule_code, unnest($a::timestamp[]) as a, unnest($b::timestamp[]) as b",
            {"schedule": schedule, "a": [a for a, _ in asked], "b": [b for _, b in asked]},
        )
        return self.db.execute(rendered(sql)).fetchall()

    def elapsed(self, asked: list[Row], schedule: str = "default") -> list[float | None]:
        return [seconds for (seconds,) in self._ask(ELAPSED, asked, schedule)]

    def minutes(self, a: str, b: str, schedule: str = "default") -> float:
        (seconds,) = self.elapsed([(a, b)], schedule)
        assert seconds is not None
        return seconds / 60

    def due(self, asked: list[tuple[Any, int]], schedule: str = "default") -> list[Row]:
        epoch = dt.datetime(1970, 1, 1)
        seconds = [(a, epoch + dt.timedelta(seconds=after)) for a, after in asked]
        return self._ask(DUE, seconds, schedule)


@pytest.fixture(scope="module")
def china() -> Iterator[duckdb.DuckDBPyConnection]:
    """The days of 2026 as landing writes them, and of 2027, which nobody has announced."""
    with duckdb.connect() as db:
        create_raw_schema(db, load_feeds())
        db.execute("insert into raw.files (export_date, outcome) values ('2026-10-31', 'landed')")
        write_work_calendar(db)
        db.execute(f"create table stg_work_calendar as {model('stg_work_calendar')}")
        yield db


@pytest.mark.parametrize(
    ("opened", "replied", "minutes"),
    [
        # Saturday 14 February 2026 makes up for the Spring Festival: 20 minutes on Friday, 15 then
        ("2026-02-13 17:40:00", "2026-02-14 09:15:00", 35),
        # seven days of National Day between ten minutes and ten minutes
        ("2026-09-30 17:50:00", "2026-10-08 09:10:00", 20),
        ("2026-10-12 10:00:00", "2026-10-12 10:00:01", 1 / 60),
        ("2026-10-12 17:59:59", "2026-10-12 18:00:00", 1 / 60),
        # closed is closed: at three at night, on a Sunday, between them
        ("2026-10-12 18:00:00", "2026-10-13 09:00:00", 0),
        ("2026-10-13 03:00:00", "2026-10-13 03:20:00", 0),
        ("2026-10-11 10:00:00", "2026-10-11 17:00:00", 0),
        # a reply at night counts until that moment, which is until closing
        ("2026-10-12 17:00:00", "2026-10-13 03:00:00", 60),
        ("2026-10-12 10:00:00", "2026-10-14 10:00:00", 2 * 9 * 60),
    ],
)
def test_minutes_at_work_from_nine_to_six(
    opened: str, replied: str, minutes: float, china: duckdb.DuckDBPyConnection
) -> None:
    assert Clock(china, DEFAULT).minutes(opened, replied) == pytest.approx(minutes, abs=1e-9)


def test_each_department_keeps_its_own_hours(china: duckdb.DuckDBPyConnection) -> None:
    since = dt.date(2000, 1, 1)
    clock = Clock(
        china,
        [
            *DEFAULT,
            ("lunch", since, None, "workday", "09:00", "12:00"),
            ("lunch", since, None, "workday", "13:30", "18:00"),
            ("always", since, None, "every", "00:00", "24:00"),
            ("night", since, None, "workday", "22:00", "02:00"),
            ("weekend", since, None, "restday", "10:00", "16:00"),
            ("moved", since, dt.date(2026, 10, 13), "workday", "08:00", "10:00"),
            ("moved", dt.date(2026, 10, 13), dt.date(2026, 10, 14), "workday", "10:00", "11:00"),
        ],
    )
    day = ("2026-10-12 00:00:00", "2026-10-13 00:00:00")
    assert clock.minutes(*day, "lunch") == 7.5 * 60
    assert clock.minutes("2026-10-12 11:59:30", "2026-10-12 13:30:30", "lunch") == 1
    assert clock.minutes("2026-10-01 00:00:00", "2026-10-08 00:00:00", "always") == 7 * 24 * 60
    # Friday's night ends on Saturday; Sunday has none, so Monday has no early hours
    assert clock.minutes("2026-10-16 23:00:00", "2026-10-17 03:00:00", "night") == 3 * 60
    assert clock.minutes("2026-10-18 00:00:00", "2026-10-19 22:00:00", "night") == 0
    # the make-up Saturday is a workday, the Sunday after it rests
    assert clock.minutes("2026-10-10 00:00:00", "2026-10-12 00:00:00", "weekend") == 6 * 60
    # a new version from its day on, and the default from the day on which none is in force
    assert clock.minutes(*day, "moved") == 2 * 60
    assert clock.minutes("2026-10-13 00:00:00", "2026-10-14 00:00:00", "moved") == 60
    assert clock.minutes("2026-10-14 00:00:00", "2026-10-15 00:00:00", "moved") == 9 * 60


def test_an_hour_of_work_is_due_across_nights_and_the_holidays(
    china: duckdb.DuckDBPyConnection,
) -> None:
    at = dt.datetime.fromisoformat
    assert Clock(china, DEFAULT).due(
        [
            (at("2026-10-12 10:00:00"), 3600),
            (at("2026-10-12 17:40:00"), 3600),
            (at("2026-09-30 17:30:00"), 3600),
            (at("2026-10-11 23:00:00"), 3600),
            # used up just at closing: missed only from the next opening on
            (at("2026-10-12 17:00:00"), 3600),
            # two days and a half of work in one target
            (at("2026-10-12 09:00:00"), int(2.5 * 9 * 3600)),
        ]
    ) == [
        (at("2026-10-12 11:00:00"),) * 2,
        (at("2026-10-13 09:40:00"),) * 2,
        (at("2026-10-08 09:30:00"),) * 2,
        (at("2026-10-12 10:00:00"),) * 2,
        (at("2026-10-12 18:00:00"), at("2026-10-13 09:00:00")),
        (at("2026-10-14 13:30:00"),) * 2,
    ]


def test_what_lies_beyond_the_calendar_is_unknown_and_never_zero(
    china: duckdb.DuckDBPyConnection,
) -> None:
    clock = Clock(china, DEFAULT)
    assert clock.elapsed([("2026-10-12 10:00:00", "2031-01-01 10:00:00")]) == [None]
    assert clock.due([(dt.datetime(2027, 12, 31, 17, 30), 3600)]) == [(None, None)]


@pytest.mark.parametrize(
    ("intervals", "is_refused"),
    [
        ([("workday", "09:00", "12:00"), ("workday", "12:00", "18:00")], False),
        ([("workday", "22:00", "02:00"), ("restday", "02:00", "10:00")], False),
        ([("workday", "09:00", "12:00"), ("workday", "11:59", "18:00")], True),
        ([("workday", "09:00", "12:00"), ("every", "10:00", "11:00")], True),
        # Friday's night runs into Saturday's morning
        ([("workday", "22:00", "02:00"), ("restday", "01:00", "10:00")], True),
        ([("workday", "9:00", "18:00")], True),
        ([("workday", "09:00", "25:00")], True),
        ([("workday", "09:60", "18:00")], True),
        ([("workday", "09:00", None)], True),
    ],
)
def test_schedules_that_overlap_or_cannot_be_read_do_not_pass_the_gate(
    intervals: list[tuple[str, str, str | None]],
    is_refused: bool,
    china: duckdb.DuckDBPyConnection,
) -> None:
    since = dt.date(2000, 1, 1)
    gate = PROJECT / "tests" / "department_schedules_hold.sql"
    china.execute(TABLES)
    china.executemany(
        "insert into department_schedules values (?, ?, ?, ?, ?, ?)",
        [("d", since, None, *interval) for interval in intervals],
    )
    # what cannot be read as a time stands in the seed, and need not make hours
    china.execute(
        "create or replace table int_business_hours as "
        + model("int_business_hours").replace("cast(substring", "try_cast(substring")
    )
    found = china.execute(rendered(gate.read_text("utf-8"))).fetchall()
    assert bool(found) == is_refused


FIRST = dt.date(2026, 10, 5)
DAYS = 12
SECONDS = DAYS * 86_400


@st.composite
def schedules(draw: st.DrawFn) -> list[Row]:
    """Intervals of one schedule that do not overlap, some over midnight, in minutes of a day."""
    cuts = sorted(draw(st.sets(st.integers(0, 1439), min_size=2, max_size=8)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    kind = draw(st.sampled_from(["workday", "restday", "every"]))
    rows = [(kind, opens, closes) for opens, closes in pairs]
    # the last cut to the first of the next day: kinds could make a night overlap a morning
    if kind == "every" and len(cuts) % 2 == 0 and draw(st.booleans()):
        rows = [
            (kind, closes, opens)
            for (_, closes), (opens, _) in zip(pairs, pairs[1:] + pairs[:1], strict=True)
        ]
        rows = [row for row in rows if row[1] != row[2]]
    return [
        (
            None,
            dt.date(2000, 1, 1),
            None,
            kind,
            f"{o // 60:02d}:{o % 60:02d}",
            f"{c // 60:02d}:{c % 60:02d}",
        )
        for kind, o, c in rows
    ]


def _open_seconds(schedule: list[Row], works: list[bool]) -> list[tuple[int, int]]:
    """Every stretch at work, in seconds from the first midnight: day by day, as a person would."""
    stretches = []
    for day, is_workday in enumerate(works):
        for _, _, _, kind, opens, closes in schedule:
            if kind != "every" and (kind == "workday") != is_workday:
                continue
            start, end = (int(t[:2]) * 3600 + int(t[3:]) * 60 for t in (opens, closes))
            end += 86_400 if end <= start else 0
            stretches.append((day * 86_400 + start, day * 86_400 + end))
    return stretches


def _worked(stretches: list[tuple[int, int]], a: int, b: int) -> int:
    return sum(max(0, min(b, end) - max(a, start)) for start, end in stretches)


@settings(max_examples=12, deadline=None)
@given(
    schedule=schedules(),
    works=st.lists(st.booleans(), min_size=DAYS, max_size=DAYS),
    moments=st.lists(
        st.tuples(st.integers(0, SECONDS - 1), st.integers(0, SECONDS - 1)), min_size=1, max_size=30
    ),
)
def test_any_interval_on_any_schedule_is_what_a_plain_count_of_its_overlaps_gives(
    schedule: list[Row], works: list[bool], moments: list[tuple[int, int]]
) -> None:
    stretches = _open_seconds(schedule, works)
    midnight = dt.datetime.combine(FIRST, dt.time())
    asked = [tuple(sorted(pair)) for pair in moments]
    with duckdb.connect() as db:
        db.execute(
            "create table stg_work_calendar as select $first::date + range::integer as day, "
            "$works[range + 1] as is_workday, true as is_known from range($days)",
            {"first": FIRST, "works": works, "days": DAYS},
        )
        clock = Clock(db, schedule)
        found = clock.elapsed(
            [
                (midnight + dt.timedelta(seconds=a), midnight + dt.timedelta(seconds=b))
                for a, b in asked
            ]
        )
        assert found == [_worked(stretches, a, b) for a, b in asked]
        # and back: what has passed at b is reached at b at the latest, and not a second earlier
        worked = [
            (pair, int(seconds)) for pair, seconds in zip(asked, found, strict=True) if seconds
        ]
        back = worked and clock.due(
            [(midnight + dt.timedelta(seconds=a), s) for (a, _), s in worked]
        )
    for ((a, b), seconds), (first_at, last_at) in zip(worked, back, strict=True):
        first = int((first_at - midnight).total_seconds())
        last = int((last_at - midnight).total_seconds())
        assert first <= b
        assert _worked(stretches, a, first) == seconds
        assert _worked(stretches, a, first - 1) < seconds
        # between the two nobody is at work, and after the second somebody is
        assert _worked(stretches, first, last) == 0
        assert last == first or _worked(stretches, first, last + 1) == 1
