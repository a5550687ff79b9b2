"""Journeys: runs of touches on a member, and which of them end in an order.

A member has at most one journey a season. The chance that a journey converts is
1 - (1 - base) * product over its touches of (1 - effect of the touch's strategy), and conversions
are dealt out by quota within each class, so that the planted effects are met to within a row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingestion.demo.catalogue import BASE_CONVERSION, CAMPAIGNS, STRATEGIES
from ingestion.demo.draws import between, day_times, pick, quota
from ingestion.demo.world import DAY, Ints, World

CLASSES = ("word_of_mouth", "paid", "mixed")
CLASS_WEIGHTS = (0.38, 0.38, 0.24)
JOURNEYS_PER_CUSTOMER = 0.62
# Journeys of people who never become known: their touches stay on unlinked cookies.
ANONYMOUS_SHARE = 0.15
IDENTITY_KINDS = ("cookie", "phone", "wechat_openid", "device_id")
DIRECT = -1


@dataclass(frozen=True)
class Journeys:
    """Journeys (one row each), their touches, and the conversions among them."""

    journeys: pd.DataFrame  # journey, customer, season, class_, touch_count, is_converted
    touches: pd.DataFrame  # touch, journey, customer, touched, strategy, channel, campaign, kind
    conversions: pd.DataFrame  # journey, customer, converted (s)


def make_journeys(world: World, customers: pd.DataFrame) -> Journeys:
    """All journeys of the window, season by season."""
    rng = world.rng("journeys")
    able = np.flatnonzero(customers["is_linked"])
    frames: list[pd.DataFrame] = []
    for season, (start, end) in enumerate(world.seasons):
        wanted = round(
            JOURNEYS_PER_CUSTOMER * world.customers * min(1.0, world.flow / len(world.seasons))
        )
        known = rng.permutation(able)[:wanted]
        strangers = round(len(known) * ANONYMOUS_SHARE)
        # strangers are numbered below zero: no member has their cookie
        first = -1 - season * world.customers
        people = np.concatenate([known, first - np.arange(strangers)])
        class_ = pick(rng, CLASS_WEIGHTS, len(people))
        count = np.where(
            class_ == 2,
            2 + pick(rng, [0.6, 0.4], len(people)),
            1 + pick(rng, [5, 3, 2], len(people)),
        )
        span = end - start
        # room for the whole journey and its order, so that no conversion is cut off by the end
        begins = start + (rng.random(len(people)) * (span * 0.72)).astype(np.int64)
        frames.append(
            pd.DataFrame(
                {"customer": people, "season": season, "class_": class_, "touch_count": count}
            ).assign(begins=begins, reach=np.int64(min(9 * DAY, span * 0.2)))
        )
    journeys = pd.concat(frames, ignore_index=True)
    journeys["journey"] = np.arange(len(journeys), dtype=np.int64)
    touches = _touches(world, rng, customers, journeys)
    conversions = _convert(world, rng, journeys, touches)
    return Journeys(journeys, touches, conversions)


def _touches(
    world: World, rng: np.random.Generator, customers: pd.DataFrame, journeys: pd.DataFrame
) -> pd.DataFrame:
    counts = journeys["touch_count"].to_numpy()
    rows = np.repeat(np.arange(len(journeys)), counts)
    n = len(rows)
    place = np.arange(n) - np.repeat(np.cumsum(counts) - counts, counts)
    class_ = journeys["class_"].to_numpy()[rows]
    # a mixed journey has one touch of each side first, then whatever comes
    is_wom = np.where(
        class_ == 2, np.where(place < 2, place == 0, rng.random(n) < 0.5), class_ == 0
    )
    weights = np.array([s.weight for s in STRATEGIES])
    wom = np.array([s.is_word_of_mouth for s in STRATEGIES])
    strategy = np.where(is_wom, pick(rng, weights * wom, n), pick(rng, weights * ~wom, n))
    gap = journeys["reach"].to_numpy()[rows] / counts[rows]
    touched = (journeys["begins"].to_numpy()[rows] + (place + rng.random(n) * 0.9) * gap).astype(
        np.int64
    )
    frame = pd.DataFrame({"row": rows, "touched": touched, "strategy": strategy})
    # a direct visit closes some mixed journeys: it moves nobody, and last-non-direct must skip it
    mixed = np.flatnonzero(journeys["class_"].to_numpy() == 2)
    closers = mixed[rng.random(len(mixed)) < 0.3]
    frame = pd.concat(
        [
            frame,
            pd.DataFrame(
                {
                    "row": closers,
                    "touched": (journeys["begins"] + journeys["reach"]).to_numpy()[closers],
                    "strategy": DIRECT,
                }
            ),
        ],
        ignore_index=True,
    ).sort_values(["touched", "row"], ignore_index=True)
    n = len(frame)
    frame["touch"] = np.arange(n, dtype=np.int64)
    frame["journey"] = journeys["journey"].to_numpy()[frame["row"]]
    frame["customer"] = journeys["customer"].to_numpy()[frame["row"]]
    frame["channel"] = _channels(rng, frame["strategy"].to_numpy())
    frame["campaign"] = _campaigns(rng, frame["strategy"].to_numpy())
    frame["kind"] = _identity_kinds(rng, customers, frame["customer"].to_numpy())
    frame["action"] = pick(rng, [0.2, 0.6, 0.2], n)
    frame["creator"] = rng.integers(0, 40, n)
    frame["content"] = rng.integers(0, 200, n)
    return frame.drop(columns="row")


def _channels(rng: np.random.Generator, strategy: Ints) -> np.ndarray:
    names = np.full(len(strategy), "direct", dtype=object)
    for index, entry in enumerate(STRATEGIES):
        rows = np.flatnonzero(strategy == index)
        choices = np.array(entry.channels, dtype=object)
        names[rows] = choices[rng.integers(0, len(choices), len(rows))]
    return names


def _campaigns(rng: np.random.Generator, strategy: Ints) -> Ints:
    """Index into CAMPAIGNS; -1 for a direct visit."""
    chosen = np.full(len(strategy), -1, dtype=np.int64)
    for index, entry in enumerate(STRATEGIES):
        rows = np.flatnonzero(strategy == index)
        own = np.array([i for i, c in enumerate(CAMPAIGNS) if c.strategy == entry.code])
        chosen[rows] = own[rng.integers(0, len(own), len(rows))]
    return chosen


def _identity_kinds(rng: np.random.Generator, customers: pd.DataFrame, people: Ints) -> Ints:
    """Index into IDENTITY_KINDS: an identifier that the person has; strangers only have cookies."""
    wished = pick(rng, [0.55, 0.15, 0.18, 0.12], len(people))
    known = np.maximum(people, 0)
    # a phone seen by a tracker must be one that the member table shows
    has = np.stack(
        [
            np.ones(len(customers), dtype=bool),
            (customers["phone_style"] < 3).to_numpy()
            & (customers["phone_person"] == customers["customer"]).to_numpy(),
            customers["has_openid"].to_numpy(),
            customers["has_device"].to_numpy(),
        ]
    )
    return np.where((people >= 0) & has[wished, known], wished, 0).astype(np.int64)


def _convert(
    world: World, rng: np.random.Generator, journeys: pd.DataFrame, touches: pd.DataFrame
) -> pd.DataFrame:
    """Deal out conversions; adds `is_converted` and `chance` to the journeys."""
    effect = np.array([*(s.effect for s in STRATEGIES), 0.0])
    miss = np.log1p(-effect[touches["strategy"]])
    total = np.bincount(touches["journey"], weights=miss, minlength=len(journeys))
    chance = 1.0 - (1.0 - BASE_CONVERSION) * np.exp(total)
    first = np.full(len(journeys), 99, dtype=np.int64)
    np.minimum.at(first, touches["journey"].to_numpy(), touches["strategy"].to_numpy() % 99)
    is_known = (journeys["customer"] >= 0).to_numpy()
    order = np.lexsort((chance, first, journeys["touch_count"], journeys["class_"]))
    order = order[is_known[order]]
    flags = np.zeros(len(journeys), dtype=bool)
    flags[order] = quota(rng, chance[order])
    journeys["chance"] = np.where(is_known, chance, 0.0)
    journeys["is_converted"] = flags
    last = np.zeros(len(journeys), dtype=np.int64)
    np.maximum.at(last, touches["journey"].to_numpy(), touches["touched"].to_numpy())
    rows = np.flatnonzero(flags)
    lag = 60 + between(rng, 0, 1.5 * world.tempo, len(rows))
    frame = journeys.loc[rows, ["journey", "customer", "season"]].reset_index(drop=True)
    return frame.assign(converted=last[rows] + lag)


def unrelated_times(rng: np.random.Generator, world: World, start: int, end: int, n: int) -> Ints:
    """Times of orders that no touch preceded: any day of the season, by the daily rhythm."""
    first, last = start // DAY, max(start // DAY + 1, end // DAY)
    return np.minimum(day_times(rng, rng.integers(first, last, n)), world.end - 1)


def attach_reviews(world: World, touches: pd.DataFrame, reviews: pd.DataFrame) -> None:
    """Let touches of natural word of mouth in the shop name a JD review posted before them."""
    rng = world.rng("read reviews")
    read = reviews[(reviews["channel"] == 0) & (reviews["source"] == 0)].sort_values(
        ["posted", "review"]
    )
    organic = next(i for i, s in enumerate(STRATEGIES) if s.code == "organic_review")
    is_reading = (
        (touches["strategy"] == organic) & (touches["channel"] == "shop_reviews")
    ).to_numpy()
    before = np.searchsorted(read["posted"].to_numpy(), touches["touched"].to_numpy())
    chosen = (rng.random(len(touches)) * before).astype(np.int64)
    numbers = np.concatenate([read["review"].to_numpy(), [0]])
    touches["review"] = np.where(is_reading & (before > 0), numbers[chosen], 0)
