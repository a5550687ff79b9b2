"""Customers who work with the brand: ideas for its products, and trials in public.

Both draw from streams of their own and change nothing that was planted before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.catalogue import OWN_PRODUCTS
from ingestion.demo.draws import between, day_times, pick, quota
from ingestion.demo.world import DAY, NEVER, Ints, World

IDEA_SHARE, FEWEST_IDEAS, MOST_IDEAS = 0.02, 24, 600
# Of the ideas that are decided on; of the adopted ones, those on sale by the last day.
ADOPTION_RATE, RELEASE_RATE = 0.35, 0.5
# Days from handing in to adoption and from there to the market, in a window of sixty.
ADOPTED_AFTER, RELEASED_AFTER = (2, 12), (6, 18)
SUBMITTED, ADOPTED, RELEASED, DECLINED = 0, 1, 2, 3

PROGRAMMES = ("JZ2601", "JZ2602")
TRIAL_DAYS = 30
TRIAL_SHARE, FEWEST_TRIALS, MOST_TRIALS = 0.03, 48, 400
# Trials begin this many days before the last one: the later ones still run.
TRIALS_FROM, TRIALS_TO = 75, 12
COMPLETION_RATE = 0.8
# Trust on a scale of 100 before the trial, and what thirty days of use add to it.
TRUST_BEFORE, TRUST_UPLIFT = 62.0, 9.0
JOINED, RUNNING, FINISHED, DROPPED = 0, 1, 2, 3


@dataclass(frozen=True)
class Partners:
    """Ideas and trials.

    Columns of ideas: idea, customer, product, submitted, adopted, released, declined (s or NEVER),
    votes. Of trials: trial, programme (PROGRAMMES), customer, started, ended (s; NEVER while it
    runs), is_finished, streams, pre and post (tenths of a point, -1 none).
    """

    ideas: pd.DataFrame
    trials: pd.DataFrame


def make_partners(world: World, customers: pd.DataFrame, orders: pd.DataFrame) -> Partners:
    """Everything that members hand in or take part in."""
    return Partners(_ideas(world, customers, orders), _trials(world, customers))


def _ideas(world: World, customers: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Ideas of a few contributors, most of them buyers; the last third is not decided on yet."""
    rng = world.rng("ideas")
    n = int(np.clip(round(IDEA_SHARE * world.customers), FEWEST_IDEAS, MOST_IDEAS))
    linked = customers["is_linked"].to_numpy()
    registered = customers["registered"].to_numpy()
    buyers = np.intersect1d(np.flatnonzero(linked & (registered < 0)), orders["customer"])
    others = np.setdiff1d(np.flatnonzero(linked & (registered < 0)), buyers)
    # rather those who came back
    counts = orders["customer"].value_counts()
    buyers = rng.permutation(buyers)
    buyers = buyers[np.argsort(counts.reindex(buyers).to_numpy() < 2, kind="stable")]
    people = np.concatenate([buyers[: max(1, n // 2)], rng.permutation(others)[: max(1, n // 5)]])
    # a world of one or two members has nobody who could hand in anything
    n = n if len(people) else 0
    chosen = people[np.arange(n) % max(len(people), 1)].astype(np.int64)
    # who bought early writes early, and for the most part after the order
    first = orders.groupby("customer")["ordered"].min().reindex(chosen)
    first = first.fillna(pd.Series(rng.integers(0, world.end, n), index=first.index))
    frame = pd.DataFrame({"customer": chosen[np.argsort(first.to_numpy(), kind="stable")]})
    frame["product"] = OWN_PRODUCTS[rng.integers(0, len(OWN_PRODUCTS), n)]
    submitted = np.sort(day_times(rng, rng.integers(0, max(1, int(world.days * 0.9)), n)))
    frame["submitted"] = submitted
    is_early = submitted < world.end * 0.55
    is_adopted = quota(rng, np.where(is_early, ADOPTION_RATE, 0.0))
    adopted = submitted + (between(rng, *ADOPTED_AFTER, n) * world.tempo).astype(np.int64)
    is_released = quota(rng, np.where(is_adopted, RELEASE_RATE, 0.0))
    released = adopted + (between(rng, *RELEASED_AFTER, n) * world.tempo).astype(np.int64)
    declined = submitted + (between(rng, *ADOPTED_AFTER, n) * world.tempo).astype(np.int64)

    def happens(mask: np.ndarray, when: Ints) -> Ints:
        return np.where(mask & (when < world.end), when, NEVER)

    frame["adopted"] = happens(is_adopted, adopted)
    frame["released"] = happens(is_released, released)
    frame["declined"] = happens(is_early & ~is_adopted, declined)
    frame["votes"] = np.exp(rng.normal(3.0, 1.2, n)).astype(np.int64)
    frame["idea"] = np.arange(1, n + 1)
    return frame


def _trials(world: World, customers: pd.DataFrame) -> pd.DataFrame:
    """Trials of thirty days: finished, broken off, still running; scores before and after."""
    rng = world.rng("trials")
    n = int(np.clip(round(TRIAL_SHARE * world.customers), FEWEST_TRIALS, MOST_TRIALS))
    is_linked = customers["is_linked"].to_numpy()
    # they were members when the first programme began
    first = world.end - TRIALS_FROM * DAY
    able = np.flatnonzero(is_linked & (customers["registered"].to_numpy() < first))
    people = np.sort(rng.permutation(able)[:n])
    n = len(people)
    frame = pd.DataFrame({"customer": people})
    days = np.sort(rng.integers(-TRIALS_FROM, -TRIALS_TO + 1, n))
    frame["started"] = world.end + days * DAY
    frame["programme"] = (days >= -(TRIALS_FROM + TRIALS_TO) // 2).astype(np.int64)
    is_over = frame["started"].to_numpy() + TRIAL_DAYS * DAY <= world.end - DAY
    completes = quota(rng, np.full(n, COMPLETION_RATE))
    dropped = frame["started"].to_numpy() + rng.integers(3, TRIAL_DAYS - 2, n) * DAY
    is_dropped = ~completes & (dropped < world.end - DAY)
    frame["is_finished"] = completes & is_over
    ended = np.where(is_dropped, dropped, frame["started"] + TRIAL_DAYS * DAY)
    frame["ended"] = np.where(is_dropped | frame["is_finished"], ended, NEVER)
    frame["streams"] = np.where(is_dropped, pick(rng, [3, 1], n), pick(rng, [1, 2, 3, 2, 1], n))
    pre = rng.normal(TRUST_BEFORE, 10.0, n)
    gain = rng.normal(0.0, 6.0, n)
    asked = frame["is_finished"].to_numpy() & ~quota(rng, np.full(n, 0.06))
    is_scored = ~quota(rng, np.full(n, 0.04))
    # the pairs gain what is planted, whatever chance made of the others
    pairs = asked & is_scored
    gain[pairs] -= gain[pairs].mean() if pairs.any() else 0.0
    frame["pre"] = np.where(is_scored, _tenths(pre), -1)
    frame["post"] = np.where(asked, _tenths(pre + TRUST_UPLIFT + gain), -1)
    frame["trial"] = np.arange(1, n + 1)
    return frame


def _tenths(points: np.ndarray) -> Ints:
    tenths: Ints = np.rint(np.clip(points, 0, 100) * 10).astype(np.int64)
    return tenths
