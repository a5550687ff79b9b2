"""The ways people go to an order: which strategies touch them, in which order, how often each way.

Word of mouth opens a journey and advertising closes it, which is what the last touch flatters. A
person keeps to one way for a season. The ways are dealt out by quota, and conversions within each
of them, so that a small world shows the same truths as a large one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingestion.demo.catalogue.catalogue import BASE_CONVERSION, STRATEGIES
from ingestion.demo.world import NEVER, Bools, Floats, Ints

CLASSES = ("word_of_mouth", "paid", "mixed")
CODES = [s.code for s in STRATEGIES]


class Way(NamedTuple):
    """Strategies in the order in which they touch, and the weight among those of its group."""

    steps: tuple[int, ...]
    weight: float


# Who can go which way: invited people start with the invitation, members of a group hear from it.
ANYBODY, INVITED, INVITED_IN_GROUP, IN_GROUP = range(4)
_SHORT = {
    "k": "koc",
    "o": "organic_review",
    "t": "testimonial",
    "i": "review_incentive",
    "l": "kol",
    "u": "ugc_challenge",
    "c": "topic_linkage",
    "v": "private_domain",
    "r": "referral",
    "P": "paid_search",
    "S": "paid_social",
    "D": "display",
}
# Tried out so that the exact Markov removal effect and the exact Shapley value find the order of
# the true contributions, and the last touch does not; capitals are advertising.
_WAYS = {
    ANYBODY: "kt 45 ku 35 ki 75 k 8 kot 30 kol 45 to 15 li 28 cl 10 cku 8 kP 12 oP 32 ukD 25 kSP 8"
    " ltkD 12 kcS 6 S 100 DS 40 PP 52 P 24 D 12 SS 20",
    INVITED: "r 15 rk 6 rP 50 rkP 14",
    INVITED_IN_GROUP: "rov 30 rkvP 10 rv 4",
    IN_GROUP: "vt 90 kvo 42 v 8 kovP 46 vP 86 kv 8 vi 6",
}


def _read(text: str) -> list[Way]:
    words = text.split()
    return [
        Way(tuple(CODES.index(_SHORT[letter]) for letter in steps), float(weight))
        for steps, weight in zip(words[::2], words[1::2], strict=True)
    ]


_GROUPS = {group: _read(text) for group, text in _WAYS.items()}
WAYS: list[Way] = [way for ways in _GROUPS.values() for way in ways]
STEP_COUNTS: Ints = np.array([len(way.steps) for way in WAYS], dtype=np.int64)
# steps of each way, padded with -1
STEPS: Ints = np.array(
    [way.steps + (-1,) * (int(STEP_COUNTS.max()) - len(way.steps)) for way in WAYS], dtype=np.int64
)
HAS: Bools = (STEPS[:, :, None] == np.arange(len(STRATEGIES))).any(axis=1)
_MISS: Floats = np.log1p(-np.array([s.effect for s in STRATEGIES]))
# chance that a first journey on each way converts
CHANCE: Floats = 1.0 - (1.0 - BASE_CONVERSION) * np.exp(HAS @ _MISS)


def class_of_ways() -> Ints:
    """Index into CLASSES of each way."""
    is_wom = np.array([s.is_word_of_mouth for s in STRATEGIES])
    has_wom, has_paid = HAS[:, is_wom].any(axis=1), HAS[:, ~is_wom].any(axis=1)
    return np.where(has_wom & has_paid, 2, np.where(has_wom, 0, 1)).astype(np.int64)


def chance_without(strategy: int) -> Floats:
    """Chance of each way had the strategy touched nobody: the way's other touches remain."""
    rest: Floats = HAS @ _MISS - HAS[:, strategy] * _MISS[strategy]
    return 1.0 - (1.0 - BASE_CONVERSION) * np.exp(rest)


def groups_of(customers: pd.DataFrame, invited: Ints, late: int) -> Ints:
    """Which ways each customer can go; those who joined a group before `late` (s) hear from it."""
    joined = customers["joined"].to_numpy()
    is_in_group = (joined != NEVER) & (joined < late)
    is_invited = np.zeros(len(customers), dtype=bool)
    is_invited[invited] = True
    return np.where(
        is_invited,
        np.where(is_in_group, INVITED_IN_GROUP, INVITED),
        np.where(is_in_group, IN_GROUP, ANYBODY),
    ).astype(np.int64)


def deal_ways(rng: np.random.Generator, groups: npt.NDArray[np.int64]) -> Ints:
    """Index into WAYS per person, in proportion to the weights, exactly, within each group."""
    dealt = np.zeros(len(groups), dtype=np.int64)
    first = 0
    for group, ways in _GROUPS.items():
        people = rng.permutation(np.flatnonzero(groups == group))
        edges = np.cumsum([way.weight for way in ways])
        places = (np.arange(len(people)) + 0.5) / max(len(people), 1) * edges[-1]
        dealt[people] = first + np.searchsorted(edges, places, side="right")
        first += len(ways)
    return dealt
