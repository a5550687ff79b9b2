"""Journeys: runs of touches on a member, and which of them end in an order.

A member goes one way (see `paths`) for a season: a first journey, for some a second attempt once
the first is forgotten, and journeys back to a further order (`make_returns`). The chance that a
first journey converts is 1 - (1 - base) * product over its strategies of (1 - effect), however
often each of them touches; a return converts with a chance in proportion to that. Conversions are
dealt out by quota within each way, so that the planted effects are met to within a row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ingestion.demo.draws import between, day_times, quota, share
from ingestion.demo.marketing.paths import (
    CHANCE,
    STEP_COUNTS,
    STEPS,
    class_of_ways,
    deal_ways,
    groups_of,
)
from ingestion.demo.world import DAY, Floats, Ints, World

# Of the members whose accounts are known, those who have a journey in a season.
TOUCHED_SHARE = 0.96
# Of the failed journeys, those that are tried again once the first is out of every lookback.
SECOND_ATTEMPTS = 0.6
FORGOTTEN_AFTER = 31 * DAY
# Journeys of people who never become known: their touches stay on unlinked cookies.
ANONYMOUS_SHARE = 0.10
# Chance that a strategy touches twice in a row, and that a direct visit closes a mixed journey.
REPEATED_TOUCH, DIRECT_CLOSER = 0.25, 0.12
DIRECT = -1
FIRST, SECOND_ATTEMPT, RETURN = 0, 1, 2
_COLUMNS = ["customer", "season", "group", "way", "attempt", "begins", "ends", "chance"]


@dataclass(frozen=True)
class Journeys:
    """Journeys (one row each), their touches, and the conversions among them.

    Columns of journeys: journey, customer (negative: a stranger), season, class_ (CLASSES), way
    (WAYS), attempt (FIRST, SECOND_ATTEMPT, RETURN), chance, is_converted, touch_count. Of touches:
    journey, customer, touched, strategy (DIRECT where there is none). Of conversions: journey,
    customer, season, converted (s).
    """

    journeys: pd.DataFrame
    touches: pd.DataFrame
    conversions: pd.DataFrame
    ways: pd.DataFrame  # season, customer, way, of every member whose accounts are known


def make_journeys(world: World, customers: pd.DataFrame, referrals: pd.DataFrame) -> Journeys:
    """First journeys and second attempts of the window, season by season."""
    rng = world.rng("journeys")
    able = np.flatnonzero(customers["is_linked"])
    good = referrals[referrals["fault"].isin(["", "device"]) & (referrals["invitee"] >= 0)]
    parts: list[pd.DataFrame] = []
    ways: list[pd.DataFrame] = []
    for season, (start, end) in enumerate(world.seasons):
        now = good[(good["clicked"] >= start) & (good["clicked"] < end)]
        invited = now["invitee"].to_numpy()
        # whoever joins a group later than this hears nothing of it in time
        late = start + (end - start) * 4 // 5
        groups = groups_of(customers, invited, late)
        ways.append(
            pd.DataFrame({"season": season, "customer": able, "way": deal_ways(rng, groups[able])})
        )
        count = round(TOUCHED_SHARE * len(able) * min(1.0, 4 * world.tempo))
        known = ways[-1].iloc[rng.permutation(len(able))[:count]]
        # strangers are numbered below zero: no member has their cookie
        strangers = -1 - season * world.customers - np.arange(round(count * ANONYMOUS_SHARE))
        unknown = pd.DataFrame({"season": season, "customer": strangers})
        unknown["way"] = deal_ways(rng, np.zeros(len(strangers), dtype=np.int64))
        frame = pd.concat([known, unknown], ignore_index=True)
        # room for the whole journey and its order, so that no conversion is cut off by the end
        begins = start + (rng.random(len(frame)) * (end - start) * 0.66).astype(np.int64)
        # the invitation opens the journey, and the group is heard after joining it
        people = np.maximum(frame["customer"].to_numpy(), 0)
        joined = np.maximum(customers["joined"].to_numpy()[people], 0)
        begins = np.maximum(begins, np.where(joined < late, joined, 0))
        clicked = frame["customer"].map(now.set_index("invitee")["clicked"])
        begins = np.where(clicked.notna(), clicked.fillna(0) + 20, begins).astype(np.int64)
        room = np.minimum((end - start) * 0.2, (end - begins) * 0.6)
        ends = begins + np.minimum(9 * DAY, room).astype(np.int64)
        parts.append(frame.assign(begins=begins, ends=ends, attempt=FIRST))
    return _with_second_attempts(
        world, rng, pd.concat(parts, ignore_index=True), pd.concat(ways, ignore_index=True)
    )


def _with_second_attempts(
    world: World, rng: np.random.Generator, frame: pd.DataFrame, ways: pd.DataFrame
) -> Journeys:
    frame["chance"] = np.where(frame["customer"] >= 0, CHANCE[frame["way"]], 0.0)
    frame["is_converted"] = deal_conversions(rng, frame)
    season_ends = np.array([end for _, end in world.seasons])[frame["season"]]
    begins = frame["ends"] + FORGOTTEN_AFTER
    again = frame[
        ~frame["is_converted"]
        & (frame["customer"] >= 0)
        & (begins + 10 * DAY < season_ends)
        & (rng.random(len(frame)) < SECOND_ATTEMPTS)
    ].copy()
    length = again["ends"] - again["begins"]
    again["begins"] = again["ends"] + FORGOTTEN_AFTER
    again["ends"] = again["begins"] + np.minimum(length, 8 * DAY)
    again["attempt"] = SECOND_ATTEMPT
    again["is_converted"] = deal_conversions(rng, again)
    return _extended(
        world, rng, Journeys(frame.iloc[:0], frame.iloc[:0], frame.iloc[:0], ways), frame, again
    )


def deal_conversions(rng: np.random.Generator, frame: pd.DataFrame) -> np.ndarray:
    """Whether each journey converts: by quota over the rows of one way, then over neighbours."""
    order = np.lexsort((rng.random(len(frame)), frame["way"], frame["chance"] > 0))
    flags = np.zeros(len(frame), dtype=bool)
    flags[order] = quota(rng, frame["chance"].to_numpy()[order])
    return flags


def _extended(
    world: World, rng: np.random.Generator, journeys: Journeys, *added: pd.DataFrame
) -> Journeys:
    """The journeys with more of them: their touches, and their conversions.

    A journey's conversion comes within a day and a half of its last touch, unless `due` says when.
    """
    frame = pd.concat(added, ignore_index=True)
    frame["journey"] = len(journeys.journeys) + np.arange(len(frame), dtype=np.int64)
    frame["class_"] = class_of_ways()[frame["way"]]
    touches = _touches(rng, frame)
    last = touches.groupby("journey")["touched"].max()
    frame["touch_count"] = frame["journey"].map(touches.groupby("journey").size())
    done = frame[frame["is_converted"]]
    ends = np.array([end for _, end in world.seasons])[done["season"]]
    lag = 60 + between(rng, 0, 1.5 * world.tempo, len(done))
    after = done["journey"].map(last).to_numpy()
    converted = after + np.minimum(lag, ((ends - after) * 0.9).astype(np.int64))
    if "due" in done:
        converted = done["due"].to_numpy()
    conversions = done[["journey", "customer", "season"]].assign(converted=converted)
    columns = ["journey", "customer", "season", "class_", "way", "attempt", "chance"]
    columns += ["is_converted", "touch_count"]
    return replace(
        journeys,
        journeys=_joined(journeys.journeys, frame[columns]),
        touches=_joined(journeys.touches, touches),
        conversions=_joined(journeys.conversions, conversions),
    )


def _joined(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    return (
        pd.concat([first, second], ignore_index=True)
        if len(first)
        else second.reset_index(drop=True)
    )


def _touches(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """The ways' steps, some of them twice, from begin to end; direct visits close some."""
    steps = STEP_COUNTS[frame["way"]]
    row = np.repeat(np.arange(len(frame)), steps)
    place = np.arange(len(row)) - np.repeat(np.cumsum(steps) - steps, steps)
    strategy = STEPS[frame["way"].to_numpy()[row], place]
    times = 1 + (rng.random(len(row)) < REPEATED_TOUCH)
    row, strategy = np.repeat(row, times), np.repeat(strategy, times)
    counts = np.bincount(row, minlength=len(frame))
    place = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    begins, ends = frame["begins"].to_numpy(), frame["ends"].to_numpy()
    # the first touch stands at the begin itself: an invitation is clicked when it is clicked
    late = np.where(place == 0, 0.0, place + rng.random(len(row)) * 0.9)
    gap = (ends - begins)[row] / counts[row]
    touched = (begins[row] + late * gap).astype(np.int64)
    # a direct visit moves nobody, and last-non-direct must skip it
    closers = np.flatnonzero((frame["class_"] == 2) & (rng.random(len(frame)) < DIRECT_CLOSER))
    return pd.DataFrame(
        {
            "journey": frame["journey"].to_numpy()[np.concatenate([row, closers])],
            "customer": frame["customer"].to_numpy()[np.concatenate([row, closers])],
            "touched": np.concatenate([touched, ends[closers]]),
            "strategy": np.concatenate([strategy, np.full(len(closers), DIRECT)]),
        }
    )


def make_returns(
    world: World, journeys: Journeys, orders: pd.DataFrame, chances: Floats, due: Ints
) -> tuple[Journeys, np.ndarray]:
    """Journeys of known members from one order to the next, and which orders are followed by one.

    Args:
        world: the world.
        journeys: what there is.
        orders: customer, season, ordered, and `turn`, the kinds of rows within which the part that
            is followed by another order must be exact.
        chances: per order, the chance that another one follows.
        due: per order, when that is or would be (s).

    Returns:
        The journeys with these, and per order whether another follows.
    """
    rng = world.rng(f"returns {len(journeys.journeys)}")
    known = journeys.ways.set_index(["season", "customer"])["way"]
    places = pd.MultiIndex.from_frame(orders[["season", "customer"]])
    way = known.reindex(places).fillna(-1).to_numpy(dtype=np.int64)
    has_journey = (way >= 0) & ~share(rng, len(orders), 1 - TOUCHED_SHARE)
    frame = orders[["customer", "season", "turn"]].reset_index(drop=True)
    frame = frame.assign(way=way, attempt=RETURN, due=due, chance=chances)
    pull = np.where(has_journey, CHANCE[np.maximum(way, 0)], np.nan)
    usual = pd.Series(pull).groupby(frame["turn"]).transform("mean").to_numpy()
    frame["chance"] = np.where(has_journey, np.minimum(chances * pull / usual, 0.97), chances)
    order = np.lexsort((rng.random(len(frame)), way, has_journey, frame["turn"]))
    follows = np.zeros(len(frame), dtype=bool)
    follows[order] = quota(rng, frame["chance"].to_numpy()[order])
    before = orders["ordered"].to_numpy()
    gap = due - before
    frame["begins"] = before + (gap * (0.1 + 0.3 * rng.random(len(frame)))).astype(np.int64)
    frame["ends"] = before + (gap * 0.95).astype(np.int64)
    frame["is_converted"] = follows
    return _extended(world, rng, journeys, frame[has_journey]), follows


def unrelated_times(rng: np.random.Generator, world: World, start: int, end: int, n: int) -> Ints:
    """Times of orders that no touch preceded: any day of the season, by the daily rhythm."""
    first, last = start // DAY, max(start // DAY + 1, end // DAY)
    return np.minimum(day_times(rng, rng.integers(first, last, n)), world.end - 1)
