"""What a touch is seen as: medium, campaign, identifier, creator, piece, review, contact."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.catalogue import CAMPAIGNS, STRATEGIES
from ingestion.demo.draws import pick
from ingestion.demo.marketing.journeys import DIRECT
from ingestion.demo.marketing.lift import window
from ingestion.demo.world import DAY, Ints, World

IDENTITY_KINDS = ("cookie", "phone", "wechat_openid", "device_id")
ACTIONS = ("曝光", "点击", "播放", "到站", "看评价", "读群消息")
SHOWN, CLICKED, PLAYED, VISITED, REVIEW_READ, MESSAGE_READ = range(len(ACTIONS))


def dress(world: World, customers: pd.DataFrame, touches: pd.DataFrame) -> pd.DataFrame:
    """Touches in order of time, with all that the tracker notes down but reviews.

    Adds channel, campaign (index into CAMPAIGNS, -1 for a direct visit), kind (IDENTITY_KINDS),
    action (ACTIONS) and content (a number).
    """
    rng = world.rng("touches")
    frame = touches.sort_values(["touched", "journey", "strategy"], ignore_index=True)
    n = len(frame)
    strategy = frame["strategy"].to_numpy()
    frame["channel"] = _channels(rng, strategy)
    frame["campaign"] = _campaigns(rng, strategy)
    _move_to_topic(world, frame)
    frame["kind"] = _identity_kinds(rng, customers, frame["customer"].to_numpy())
    action = pick(rng, [0.2, 0.6, 0.2], n)
    # a link that was sent is clicked; a message in a group is read
    action = np.where(frame["channel"] == "referral", CLICKED, action)
    action = np.where(frame["channel"] == "wecom", MESSAGE_READ, action)
    frame["action"] = np.where(strategy == DIRECT, VISITED, action)
    frame["content"] = rng.integers(0, 200, n)
    return frame


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
        own = [i for i, c in enumerate(CAMPAIGNS) if c.strategy == entry.code and c.is_touching]
        chosen[rows] = np.array(own)[rng.integers(0, len(own), len(rows))]
    return chosen


def _move_to_topic(world: World, frame: pd.DataFrame) -> None:
    """While the lifting topic runs, touches of its strategy are its own."""
    first, last = window(world)
    topic = next(i for i, c in enumerate(CAMPAIGNS) if c.is_topic)
    strategies = [c.strategy for c in CAMPAIGNS]
    siblings = [i for i, code in enumerate(strategies) if code == CAMPAIGNS[topic].strategy]
    is_now = (frame["touched"] // DAY).between(first, last) & frame["campaign"].isin(siblings)
    frame.loc[is_now, "campaign"] = topic


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


def numbered(*parts: pd.DataFrame) -> pd.DataFrame:
    """All touches in order of time, each with its number `touch`."""
    frame = pd.concat(parts, ignore_index=True)
    frame = frame.sort_values(["touched", "journey", "customer"], kind="stable", ignore_index=True)
    return frame.assign(touch=np.arange(len(frame), dtype=np.int64))


def attach_reviews(world: World, touches: pd.DataFrame, reviews: pd.DataFrame) -> None:
    """Let touches in the shop's reviews name a JD review posted before them: it was read then."""
    rng = world.rng("read reviews")
    read = reviews[(reviews["channel"] == 0) & (reviews["source"] == 0)].sort_values(
        ["posted", "review"]
    )
    is_reading = (touches["channel"] == "shop_reviews").to_numpy()
    before = np.searchsorted(read["posted"].to_numpy(), touches["touched"].to_numpy())
    chosen = (rng.random(len(touches)) * before).astype(np.int64)
    numbers = np.concatenate([read["review"].to_numpy(), [0]])
    writers = np.concatenate([read["customer"].to_numpy(), [-1]])
    # nobody is won over by what they have written themselves
    is_own = writers[chosen] == touches["customer"].to_numpy()
    touches["review"] = np.where(is_reading & (before > 0) & ~is_own, numbers[chosen], 0)
    touches["action"] = np.where(touches["review"] > 0, REVIEW_READ, touches["action"])
