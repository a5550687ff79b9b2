"""Periods as people write them."""

from __future__ import annotations

from datetime import date as D
from datetime import timedelta

import pytest

from orchestration.explain.errors import ExplainError
from orchestration.explain.periods import Period, named, running, starting


@pytest.mark.parametrize(
    ("text", "kind", "start", "end"),
    [
        ("2026-10-18", "day", D(2026, 10, 18), D(2026, 10, 18)),
        ("2026-W43", "week", D(2026, 10, 19), D(2026, 10, 25)),
        # the first ISO week of 2026 begins in 2025
        ("2026-w1", "week", D(2025, 12, 29), D(2026, 1, 4)),
        ("2026-02", "month", D(2026, 2, 1), D(2026, 2, 28)),
        ("2026-Q4", "quarter", D(2026, 10, 1), D(2026, 12, 31)),
    ],
)
def test_a_name_is_a_stretch_of_days(text: str, kind: str, start: D, end: D) -> None:
    period = named("--period", text)
    assert (period.kind, period.start, period.end) == (kind, start, end)
    assert period.is_whole
    assert named("--period", period.name) == period


@pytest.mark.parametrize("text", ["2026-13", "2026-W54", "2026-Q5", "2026-02-30", "tomorrow", ""])
def test_what_is_no_period_is_named_with_those_that_are(text: str) -> None:
    with pytest.raises(ExplainError, match="write one of"):
        named("--period", text)


@pytest.mark.parametrize("kind", ["day", "week", "month", "quarter"])
def test_a_whole_period_is_compared_with_the_whole_one_before(kind: str) -> None:
    # every start of two years, leap day and turn of the year among them
    days = [D(2024, 1, 1) + timedelta(days=number) for number in range(731)]
    for period in {running(kind, day).start: None for day in days}:
        before = starting(kind, period).before()
        assert before.end == before.until == period - timedelta(days=1)
        assert not before.is_cut
        assert starting(kind, before.start) == before


def test_a_running_period_is_compared_with_as_many_days_or_all_that_there_are() -> None:
    assert running("month", D(2026, 10, 18)).before() == Period(
        "month", D(2026, 9, 1), D(2026, 9, 18), is_cut=True
    )
    assert running("month", D(2026, 3, 30)).before().until == D(2026, 2, 28)
