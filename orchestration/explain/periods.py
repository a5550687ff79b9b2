"""Periods as people write them: 2026-10-18, 2026-W43, 2026-10, 2026-Q4, week, month-to-date."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from orchestration.explain.errors import ExplainError

KINDS = ("day", "week", "month", "quarter")
LABELS = {"day": "日", "week": "周", "month": "月", "quarter": "季"}
FORMS = "2026-10-18, 2026-W43, 2026-10, 2026-Q4, day, week, month, quarter, month-to-date"
_MONTHS_A_QUARTER = 3
_NAMED = re.compile(
    r"(?P<year>\d{4})-(?:W(?P<week>\d{1,2})|Q(?P<quarter>[1-4])"
    r"|(?P<month>\d{2})(?:-(?P<day>\d{2}))?)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Period:
    """The days that a KPI is measured over.

    Attributes:
        start: First day of the whole period.
        until: Last day that counts: the period's own, or an earlier one where it still runs or is
            cut to as many days as the running one has had.
        is_cut: Whether it is the earlier period of such a comparison.
    """

    kind: str
    start: date
    until: date
    is_cut: bool = False

    @property
    def end(self) -> date:
        """Last day of the whole period."""
        return _next(self.kind, self.start) - timedelta(days=1)

    @property
    def is_whole(self) -> bool:
        """Whether all its days count."""
        return self.until >= self.end

    @property
    def name(self) -> str:
        """As it may be typed: 2026-W43."""
        year, week, _ = self.start.isocalendar()
        return {
            "day": f"{self.start}",
            "week": f"{year}-W{week:02d}",
            "month": f"{self.start:%Y-%m}",
            "quarter": f"{self.start.year}-Q{_quarter(self.start)}",
        }[self.kind]

    def describe(self) -> str:
        """Its name with the days that count."""
        if self.kind == "day":
            return self.name
        return f"{self.name} ({self.start} – {self.until})"

    def before(self) -> Period:
        """The period before: whole, or cut to as many days where this one still runs."""
        start = _start(self.kind, self.start - timedelta(days=1))
        whole = Period(self.kind, start, self.start - timedelta(days=1))
        if self.is_whole:
            return whole
        days = self.until - self.start
        return replace(whole, until=min(whole.until, start + days), is_cut=True)


def named(option: str, text: str) -> Period:
    """The whole period of that name; `option` is named where there is none.

    Raises:
        ExplainError: It is no name, or there is no such day, week or month.
    """
    found = _NAMED.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError
        return _of_parts({name: int(value) for name, value in found.groupdict().items() if value})
    except ValueError:
        raise ExplainError(f"{option} {text}: no such period; write one of {FORMS}") from None


def kind_of(text: str) -> str | None:
    """The kind in `week` or `week-to-date`; None of anything else."""
    kind = text.strip().lower().removesuffix("-to-date")
    return kind if kind in KINDS else None


def is_to_date(text: str) -> bool:
    """Whether the running period is asked for."""
    return text.strip().lower().endswith("-to-date")


def running(kind: str, as_of: date) -> Period:
    """The period of that kind in which `as_of` lies, up to it."""
    return Period(kind, _start(kind, as_of), as_of)


def starting(kind: str, start: date) -> Period:
    """The whole period of that kind which starts on that day."""
    return Period(kind, start, _next(kind, start) - timedelta(days=1))


def _of_parts(parts: dict[str, int]) -> Period:
    year = parts["year"]
    if "week" in parts:
        return starting("week", date.fromisocalendar(year, parts["week"], 1))
    if "quarter" in parts:
        return starting("quarter", date(year, _MONTHS_A_QUARTER * parts["quarter"] - 2, 1))
    if "day" in parts:
        return starting("day", date(year, parts["month"], parts["day"]))
    return starting("month", date(year, parts["month"], 1))


def _quarter(day: date) -> int:
    return (day.month - 1) // _MONTHS_A_QUARTER + 1


def _start(kind: str, day: date) -> date:
    match kind:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, _MONTHS_A_QUARTER * _quarter(day) - 2, 1)
        case _:
            return day


def _next(kind: str, start: date) -> date:
    # a start plus more than its longest period, cut to the start of the period there
    longest = {"day": 1, "week": 7, "month": 31, "quarter": 92}[kind]
    return _start(kind, start + timedelta(days=longest))
