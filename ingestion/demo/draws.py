"""How numbers are drawn: weighted picks, exact quotas, lags. No subject is known here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ingestion.demo.world import DAY, HOUR, MINUTE, Bools, Floats, Ints


def pick(rng: np.random.Generator, weights: Sequence[float] | Floats, size: int) -> Ints:
    """Indices 0..len(weights)-1, drawn in proportion to the weights."""
    edges: Floats = np.cumsum(np.asarray(weights, dtype=float))
    drawn = np.searchsorted(edges, rng.random(size) * edges[-1], side="right")
    indices: Ints = np.minimum(drawn, len(edges) - 1).astype(np.int64)
    return indices


def quota(rng: np.random.Generator, chance: Floats) -> Bools:
    """True for as many rows as the chances sum to, to within one in every run of neighbours.

    Systematic sampling: sort the rows by what must be exact before calling, and each group's
    share differs from its planted chance by less than one row.
    """
    reached = np.floor(np.cumsum(chance) + rng.random())
    return np.diff(reached, prepend=0.0) >= 1.0


def share(rng: np.random.Generator, size: int, fraction: float) -> Bools:
    """True for a fixed fraction of the rows, scattered: quota over shuffled rows."""
    flags = np.zeros(size, dtype=bool)
    flags[rng.permutation(size)[: round(size * fraction)]] = True
    return flags


def between(rng: np.random.Generator, low: float, high: float, size: int) -> Ints:
    """Whole seconds, uniform between two numbers of days."""
    return (rng.uniform(low, high, size) * DAY).astype(np.int64)


def lognormal_seconds(
    rng: np.random.Generator, median_minutes: Floats | float, spread: float, size: int
) -> Ints:
    """Waiting times in seconds, at least 20, with the given median in minutes."""
    seconds = np.exp(rng.normal(0.0, spread, size)) * np.asarray(median_minutes) * MINUTE
    waits: Ints = np.maximum(seconds, 20).astype(np.int64)
    return waits


def day_times(rng: np.random.Generator, days: Ints) -> Ints:
    """A time within each day, with the evening peak of Chinese shopping and posting."""
    weights = [1, 1, 1, 1, 1, 2, 3, 5, 7, 8, 8, 7, 8, 7, 6, 6, 6, 6, 7, 9, 11, 11, 8, 4]
    hours = pick(rng, weights, len(days))
    return days * DAY + hours * HOUR + rng.integers(0, HOUR, len(days))


def at_opening(times: Ints, opens: int, closes: int) -> Ints:
    """The times themselves inside opening hours, else the next opening (hours of the day)."""
    day, second = times // DAY, times % DAY
    opened = day * DAY + opens * HOUR
    return np.where(
        second < opens * HOUR, opened, np.where(second >= closes * HOUR, opened + DAY, times)
    )


def to_minute(times: Ints) -> Ints:
    """Times cut to whole minutes, for channels whose exports show no seconds."""
    return times // MINUTE * MINUTE


def choose(rng: np.random.Generator, values: npt.NDArray[np.int64], size: int) -> Ints:
    """`size` of the values, with repetition; none where there are no values to choose from."""
    if len(values) == 0:
        return np.zeros(0, dtype=np.int64)
    chosen: Ints = values[rng.integers(0, len(values), size)]
    return chosen


def choose_talkers(
    rng: np.random.Generator, members: npt.NDArray[np.int64], size: int
) -> npt.NDArray[np.int64]:
    """`size` of a group's members as they speak: a tenth of them has nearly all of the talk."""
    few = members[: max(1, len(members) // 10)]
    is_few = rng.random(size) < 0.9
    chosen = np.zeros(size if len(members) else 0, dtype=np.int64)
    chosen[is_few[: len(chosen)]] = choose(rng, few, int(is_few.sum()) if len(members) else 0)
    rest = ~is_few[: len(chosen)]
    chosen[rest] = choose(rng, members, int(rest.sum()))
    return chosen
