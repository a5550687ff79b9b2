"""Customers who could be key opinion consumers: some made so on a known day, some mere look-alikes.

Their notes and creators are rows more, drawn from a stream of their own. Those to be found, and
those made KOCs on the day, are alike before it: buyers who consented and praised us on 小红书.
The look-alikes praise as much, and each lacks one thing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.catalogue import CAMPAIGNS, OWN_PRODUCTS
from ingestion.demo.draws import day_times
from ingestion.demo.marketing.creators import (
    CAMPAIGN_OF_TIER,
    COUNTERS,
    FEES,
    KOC,
    RATES,
    REACHES,
    Creators,
)
from ingestion.demo.texts.review_lines import POSITIVE, Catalogue, choose_aspects
from ingestion.demo.voices.mentions import CREATOR, EMPLOYEE, ORIGINAL, USER
from ingestion.demo.world import DAY, NEVER, Ints, World

CANDIDATE, ACTIVATED, STAFF, PAID, NO_CONSENT, NO_BUYER, FEW_VOICES = range(7)
ROLES = ("candidate", "activated", "staff", "paid", "no_consent", "no_buyer", "one_voice")
# Of the members, at least and at most so many.
SHARES = (0.008, 0.006, 0.002, 0.002, 0.002, 0.002, 0.002)
FEWEST = (5, 4, 2, 2, 2, 2, 2)
MOST = 60
# Activation lies here in the window; notes before it, and after it of each role.
ACTIVATED_AT = 0.5
BEFORE = (3, 3, 3, 3, 3, 3, 1)
AFTER = (1, 4, 1, 1, 1, 1, 0)
PAID_NOTES = 2
# Natural logarithms of the fewest and the most followers: 4,000 and 30,000.
SCALE = (8.29, 10.31)


def activated_at(world: World) -> int:
    """First second of the day on which those of role ACTIVATED become KOCs."""
    return int(world.days * ACTIVATED_AT) * DAY


def cast_advocates(
    world: World,
    customers: pd.DataFrame,
    orders: pd.DataFrame,
    kocs: Ints,
    mentions: pd.DataFrame,
) -> pd.DataFrame:
    """Members with a linked account each, for each part in turn as long as there are any.

    Columns: customer, role (ROLES), followers.
    """
    rng = world.rng("advocates")
    activated = activated_at(world)
    able = (customers["is_linked"] & customers["is_xiaohongshu_linked"]).to_numpy(copy=True)
    able &= (customers["registered"] < 0).to_numpy()
    able[kocs] = False
    twins = customers[customers["phone_person"] != customers["customer"]]
    able[twins["customer"]] = able[twins["phone_person"]] = False
    kept = orders[(orders["cancelled"] == NEVER) & (orders["refunded"] == NEVER)]
    first = np.full(len(customers), np.iinfo(np.int64).max)
    last = np.full(len(customers), NEVER)
    bought = kept.groupby("customer")["ordered"]
    first[bought.min().index], last[bought.max().index] = bought.min(), bought.max()
    is_early = first < activated - 2 * DAY
    is_consented = customers["is_consented"].to_numpy()
    never = first > world.end
    # an account is staff's or paid for whatever it writes: so it has written nothing before
    is_silent = np.ones(len(customers), dtype=bool)
    is_silent[mentions.loc[mentions["is_member"] & (mentions["platform"] == 1), "author"]] = False
    # who comes back after the day is made a KOC rather than another: so they are worth something
    comes_back = is_early & (last > activated + DAY)
    parts = {
        ACTIVATED: (able & is_consented & is_early, comes_back),
        CANDIDATE: (able & is_consented & ~never, is_early),
        STAFF: (able & is_silent & is_consented & ~never, is_early),
        PAID: (able & is_silent & is_consented & ~never, is_early),
        NO_CONSENT: (able & ~is_consented & ~never, is_early),
        NO_BUYER: (able & is_consented & never, never),
        FEW_VOICES: (able & is_consented & ~never, is_early),
    }
    taken = np.zeros(len(customers), dtype=bool)
    rows: list[tuple[int, int]] = []
    for role, (mask, preferred) in parts.items():
        count = int(np.clip(round(SHARES[role] * world.customers), FEWEST[role], MOST))
        found = rng.permutation(np.flatnonzero(mask & ~taken))
        found = found[np.argsort(~preferred[found], kind="stable")][:count]
        taken[found] = True
        rows += [(int(customer), role) for customer in found]
    frame = pd.DataFrame(rows, columns=["customer", "role"], dtype=np.int64)
    frame["followers"] = np.exp(rng.uniform(*SCALE, len(frame))).astype(np.int64)
    return frame.sort_values(["role", "customer"], ignore_index=True)


def let_praise(
    world: World, people: pd.DataFrame, mentions: pd.DataFrame, catalogue: Catalogue
) -> pd.DataFrame:
    """The mentions, and behind them warm notes on 小红书 before and after the day."""
    rng = world.rng("advocates write")
    activated = activated_at(world)
    day, last = activated // DAY, world.days
    parts = []
    for counts, start, end in ((BEFORE, 0, max(1, day - 1)), (AFTER, min(day + 1, last - 1), last)):
        wanted = np.array(counts, dtype=np.int64)[people["role"]]
        rows = people.loc[people.index.repeat(wanted)]
        parts.append(rows.assign(posted=day_times(rng, rng.integers(start, end, len(rows)))))
    frame = pd.concat(parts, ignore_index=True)
    n, role = len(frame), frame["role"]
    product = OWN_PRODUCTS[rng.integers(0, len(OWN_PRODUCTS), n)]
    aspect = choose_aspects(rng, product)
    frame = frame.assign(
        crisis=0,
        koc=-1,
        kind=ORIGINAL,
        names_product=True,
        platform=1,
        brand=0,
        product=product,
        polarity=POSITIVE,
        aspect=aspect,
        author=frame["customer"],
        author_kind=np.select([role == STAFF, role == PAID], [EMPLOYEE, CREATOR], USER),
        is_member=True,
        is_ad=role == PAID,
        parent=0,
        text=catalogue.write(rng, product, np.full(n, POSITIVE), aspect),
        # candidates are heard
        reach=(frame["followers"] * rng.uniform(0.6, 1.4, n)).astype(np.int64),
    )
    frame["mention"] = len(mentions) + np.arange(1, n + 1)
    frame = frame.drop(columns=["customer", "role"])
    return pd.concat([mentions, frame], ignore_index=True).astype(mentions.dtypes.to_dict())


def hire(world: World, people: pd.DataFrame, made: Creators, catalogue: Catalogue) -> Creators:
    """All creators, and those activated: each with a first note on the day and more after it."""
    rng = world.rng("advocates hired")
    activated = activated_at(world)
    hired = people[people["role"] == ACTIVATED]
    creators = pd.DataFrame(
        {
            "tier": KOC,
            "customer": hired["customer"].to_numpy(),
            "followers": hired["followers"].to_numpy(),
            "creator": len(made.creators) + np.arange(1, len(hired) + 1),
            "account": hired["customer"].to_numpy(),
            "hired": activated,
        }
    )
    n = len(creators) * PAID_NOTES
    place = np.arange(n) % PAID_NOTES
    # counters must have stopped by the last day
    room = max(world.end - 3 * DAY - activated, DAY)
    published = activated + 10 * 3_600 + (place * room * rng.uniform(0.2, 0.9, n)).astype(np.int64)
    reach = np.array(REACHES)[rng.integers(0, len(REACHES), n)]
    rate = RATES[KOC] * rng.uniform(0.9, 1.1, n)
    codes = [campaign.code for campaign in CAMPAIGNS]
    notes = pd.DataFrame(
        {
            "creator": np.repeat(creators["creator"].to_numpy(), PAID_NOTES),
            "tier": KOC,
            "campaign": codes.index(CAMPAIGN_OF_TIER[KOC]),
            "published": published,
            "reach": reach,
            "is_hit": False,
            "fee": (FEES[KOC] * rng.uniform(0.8, 1.2, n)).astype(np.int64),
            "goods": 39_900,
            "note": len(made.notes) + np.arange(1, n + 1),
        }
    )
    for name, part in COUNTERS.items():
        notes[name] = np.rint(notes["reach"] * rate * part).astype(np.int64)
    notes["title"] = catalogue.extend([f"达人笔记第{number}篇" for number in notes["note"]])
    both = [(made.creators, creators), (made.notes, notes)]
    return Creators(
        *(pd.concat(pair, ignore_index=True).astype(pair[0].dtypes.to_dict()) for pair in both)
    )
