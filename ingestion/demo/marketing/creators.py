"""Creators, the notes that they were paid for, and what these collected.

Every tier has notes of the same few sizes of audience, so that tiers can be compared at equal
reach; a few notes of small creators take off (爆文).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.catalogue import CAMPAIGNS
from ingestion.demo.texts.review_lines import Catalogue
from ingestion.demo.world import DAY, NEVER, Ints, World

KOC, KOL, INSTITUTION = 0, 1, 2
TIERS = ("koc", "kol", "institution")
# engagements per impression, at every size of audience
RATES = (0.055, 0.028, 0.014)
FEES = (60_000, 1_800_000, 700_000)  # cents a note
FOLLOWERS = ((3_000, 30_000), (400_000, 2_000_000), (80_000, 400_000))
COUNTS = (0, 8, 6)
CAMPAIGN_OF_TIER = ("CM01", "CM03", "CM06")
REACHES = (2_000, 6_000, 15_000)
NOTES_PER_REACH = 7
# A note that takes off is seen by as many as those of a star, and liked by more.
HITS, HIT_REACH, HIT_RATE = 4, 60_000, 0.11
COUNTERS = {"likes": 0.60, "comments": 0.12, "shares": 0.06, "saves": 0.22}
# Accounts of creators who are no members start here.
ACCOUNTS = 900_000_000


@dataclass(frozen=True)
class Creators:
    """Creators and their notes.

    Columns of creators: creator, tier (TIERS), account, customer (-1 none), followers, hired (s;
    NEVER, or when the register first names them). Of notes:
    note, creator, tier, campaign (index into CAMPAIGNS), published (s), title (text), reach,
    is_hit, fee and goods (cents), likes, comments, shares, saves.
    """

    creators: pd.DataFrame
    notes: pd.DataFrame


def make_creators(world: World, kocs: Ints, catalogue: Catalogue) -> Creators:
    """All creators whom the brand knows, and a set of notes of each tier."""
    rng = world.rng("creators")
    parts = []
    for tier, count in enumerate(COUNTS):
        people = kocs if tier == KOC else np.full(count, -1, dtype=np.int64)
        low, high = FOLLOWERS[tier]
        parts.append(
            pd.DataFrame(
                {
                    "tier": tier,
                    "customer": people,
                    "followers": np.exp(rng.uniform(np.log(low), np.log(high), len(people))).astype(
                        np.int64
                    ),
                }
            )
        )
    creators = pd.concat(parts, ignore_index=True)
    creators["creator"] = np.arange(1, len(creators) + 1)
    # a member writes on their own account
    creators["account"] = np.where(
        creators["customer"] >= 0, creators["customer"], ACCOUNTS + creators["creator"]
    )
    # the register names them from the first day on
    creators["hired"] = NEVER
    return Creators(creators, _notes(world, rng, creators, catalogue))


def _notes(
    world: World, rng: np.random.Generator, creators: pd.DataFrame, catalogue: Catalogue
) -> pd.DataFrame:
    parts = []
    codes = [campaign.code for campaign in CAMPAIGNS]
    for tier in range(len(TIERS)):
        own = creators.loc[creators["tier"] == tier, "creator"].to_numpy()
        if not len(own):
            continue
        reach = np.repeat(REACHES, NOTES_PER_REACH)
        is_hit = np.zeros(len(reach), dtype=bool)
        if tier == KOC:
            reach = np.concatenate([reach, np.full(HITS, HIT_REACH)])
            is_hit = np.concatenate([is_hit, np.ones(HITS, dtype=bool)])
        n = len(reach)
        rate = np.where(is_hit, HIT_RATE, RATES[tier]) * rng.uniform(0.9, 1.1, n)
        parts.append(
            pd.DataFrame(
                {
                    "creator": own[np.arange(n) % len(own)],
                    "tier": tier,
                    "campaign": codes.index(CAMPAIGN_OF_TIER[tier]),
                    # early enough for the counters to have stopped by the last day
                    "published": (rng.random(n) * (world.end - 2 * DAY) * 0.8).astype(np.int64),
                    "reach": (reach * rng.uniform(0.95, 1.05, n)).astype(np.int64),
                    "rate": rate,
                    "is_hit": is_hit,
                    "fee": (FEES[tier] * rng.uniform(0.8, 1.2, n)).astype(np.int64),
                    "goods": 39_900,
                }
            )
        )
    frame = pd.concat(parts, ignore_index=True).sort_values("published", ignore_index=True)
    frame["published"] = np.maximum(frame["published"], 0)
    for name, part in COUNTERS.items():
        frame[name] = np.rint(frame["reach"] * frame["rate"] * part).astype(np.int64)
    frame["note"] = np.arange(1, len(frame) + 1)
    frame["title"] = catalogue.extend([f"达人笔记第{number}篇" for number in frame["note"]])
    return frame.drop(columns="rate")


def let_read(world: World, touches: pd.DataFrame, made: Creators) -> None:
    """Touches of KOC and KOL campaigns name a creator and a note; nobody reads their own here."""
    rng = world.rng("notes read")
    notes = made.notes
    customer_of = made.creators.set_index("creator")["customer"]
    owner = notes["creator"].map(customer_of).to_numpy() if len(notes) else np.zeros(0)
    strategy = np.array([c.strategy for c in CAMPAIGNS] + [""], dtype=object)[touches["campaign"]]
    touches["creator"], touches["note"] = 0, 0
    for tier in (KOC, KOL):
        rows = np.flatnonzero(strategy == TIERS[tier])
        own = np.flatnonzero(notes["tier"] == tier) if len(notes) else np.zeros(0, dtype=np.int64)
        if not len(own):
            continue
        chosen = own[rng.integers(0, len(own), len(rows))]
        is_self = owner[chosen] == touches["customer"].to_numpy()[rows]
        is_self &= owner[chosen] >= 0
        creator = np.where(is_self, 0, notes["creator"].to_numpy()[chosen])
        touches.loc[touches.index[rows], "creator"] = creator
        touches.loc[touches.index[rows], "note"] = np.where(
            is_self, 0, notes["note"].to_numpy()[chosen]
        )
