"""The world's size, calendar and sources of chance.

Everything in the simulation counts time in whole seconds from 00:00 of the first day, Beijing
time, as int64; only the exports turn that into dates. Nothing here knows of brands or files.
"""

from __future__ import annotations

import datetime as dt
import itertools
import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LAST_DAY = dt.date(2026, 10, 31)
MINUTE, HOUR, DAY = 60, 3_600, 86_400
# A time that never comes, for int64 columns that have no null.
NEVER = -(10**12)
# A season is the window in which a customer has at most one journey.
SEASON_DAYS = 60


@dataclass(frozen=True)
class World:
    """How long, how many, and which seed: the whole input of the simulation."""

    days: int
    customers: int
    seed: int

    def __post_init__(self) -> None:
        if self.days < 1 or self.customers < 1:
            raise ValueError("a demo needs at least one day and one customer")

    @property
    def first_day(self) -> dt.date:
        """The first simulated day; the last is always LAST_DAY."""
        return LAST_DAY - dt.timedelta(days=self.days - 1)

    @property
    def end(self) -> int:
        """First second after the last day."""
        return self.days * DAY

    @cached_property
    def tempo(self) -> float:
        """Lags shrink with a short window: orders of a three-day world still get reviews."""
        return min(1.0, self.days / SEASON_DAYS)

    @cached_property
    def flow(self) -> float:
        """Volume against sixty days. Short windows keep a floor, long ones grow with the days."""
        return max(self.days / SEASON_DAYS, 0.25)

    @cached_property
    def seasons(self) -> list[tuple[int, int]]:
        """Start and end second of each season: equal parts of the window."""
        count = max(1, round(self.days / SEASON_DAYS))
        edges = np.linspace(0, self.end, count + 1).astype(int).tolist()
        return list(itertools.pairwise(edges))

    def rng(self, subject: str) -> np.random.Generator:
        """A stream of its own for each subject: drawing more of one never moves another."""
        return np.random.default_rng([self.seed, zlib.crc32(subject.encode())])

    def date_of(self, day: int) -> dt.date:
        """Date of a day index, 0 for the first day."""
        return self.first_day + dt.timedelta(days=int(day))

    def export_day(self, seconds: Ints, cadence: int) -> Ints:
        """Index of the first export day on or after each time.

        Files are written every `cadence` days, counted back from the last day.
        """
        last = self.days - 1
        day = np.clip(seconds // DAY, 0, last)
        return last - (last - day) // cadence * cadence
