"""Journeys written down as words, and the aggregates that the estimators take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

# a path of channels, and how many journeys along it converted and did not
Paths = Mapping[tuple[str, ...], tuple[int, int]]

G_AND_M: Paths = {("G",): (2, 1), ("M",): (1, 0), ("G", "M"): (1, 0)}
THREE: Paths = {("C1", "C2", "C3"): (1, 0), ("C1",): (0, 1), ("C2", "C3"): (0, 1)}


def paths(channels: str = "ABCDE", most_paths: int = 8) -> st.SearchStrategy[Paths]:
    """Worlds of a few short paths, with and without conversions."""
    path = st.lists(st.sampled_from(channels), min_size=1, max_size=5).map(tuple)
    ends = st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(any)
    return st.dictionaries(path, ends, min_size=1, max_size=most_paths)


def channels_of(paths: Paths) -> list[str]:
    return sorted({channel for path in paths for channel in path})


def steps_of(paths: Paths) -> NDArray[np.int64]:
    """Counts of steps: rows start and channels, columns channels, conversion and null."""
    channels = channels_of(paths)
    number = {channel: place for place, channel in enumerate(channels)}
    steps = np.zeros((len(channels) + 1, len(channels) + 2), dtype=np.int64)
    for path, (converted, lost) in paths.items():
        places = [number[channel] for channel in path]
        for row, column in zip([0, *[place + 1 for place in places[:-1]]], places, strict=True):
            steps[row, column] += converted + lost
        steps[places[-1] + 1, len(channels)] += converted
        steps[places[-1] + 1, len(channels) + 1] += lost
    return steps


def sets_of(paths: Paths) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """Membership, journeys and conversions of each distinct set of channels."""
    channels = channels_of(paths)
    journeys: Counter[frozenset[str]] = Counter()
    conversions: Counter[frozenset[str]] = Counter()
    for path, (converted, lost) in paths.items():
        journeys[frozenset(path)] += converted + lost
        conversions[frozenset(path)] += converted
    members = [[channel in found for channel in channels] for found in journeys]
    return (
        np.array(members, dtype=bool).reshape(len(journeys), len(channels)),
        np.array(list(journeys.values()), dtype=np.int64),
        np.array([conversions[found] for found in journeys], dtype=np.int64),
    )


def conversions_of(paths: Paths) -> int:
    return sum(converted for converted, _ in paths.values())


def journeys_of(paths: Paths) -> int:
    return sum(converted + lost for converted, lost in paths.values())
