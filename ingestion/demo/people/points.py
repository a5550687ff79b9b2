"""The points ledger: what members earn, spend and lose, and the two entries that are wrong.

Points come of purchases, reviews and invitations, and of signing in before the window. They are
spent in part a while after a purchase, or to the last one on the next order; points of signing in
expire. One member redeems more than they hold, and one entry is booked twice.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from ingestion.demo.draws import between
from ingestion.demo.world import DAY, HOUR, NEVER, World

PURCHASE, REVIEW, CHECK_IN, REDEMPTION, REFERRAL, EXPIRY, ADJUSTMENT = range(7)
REASONS = ("purchase", "review", "check_in", "redemption", "referral", "expiry", "adjustment")
FOR_REVIEW, FOR_REFERRAL = 50, 200
# Days that points last, by reason; the rest do not expire.
LASTS = {PURCHASE: 365, REVIEW: 180, REFERRAL: 365, CHECK_IN: 90}
# Of the members, those with points of signing in that run out in the window.
SIGNED_IN_SHARE, FEWEST_SIGNED_IN = 0.04, 8
ADJUSTED, FEWEST_SPENDERS = 4, 3
# Seconds from such a redemption to its order.
SPENT_BEFORE = 300
# The redemption beyond the balance, beyond it by this much.
OVERDRAWN = 777
PLAIN, OVERDRAFT, TWICE, SPENT_ON_ORDER = "", "overdraft", "twice", "spent_on_order"


class _Made(NamedTuple):
    """Who earned for what."""

    bought: pd.DataFrame
    reviewed: pd.DataFrame
    thanked: pd.DataFrame


def make_points(
    world: World,
    customers: pd.DataFrame,
    orders: pd.DataFrame,
    reviews: pd.DataFrame,
    referrals: pd.DataFrame,
) -> pd.DataFrame:
    """One row per entry.

    Columns: entry, customer, occurred, delta, reason (REASONS), expires (day index of the last day,
    NEVER without one), plant (PLAIN, OVERDRAFT, TWICE, SPENT_ON_ORDER), order (that a redemption
    paid for, 0 none).
    """
    rng = world.rng("points")
    is_linked = customers["is_linked"].to_numpy()
    made = _earned(orders, reviews, referrals, is_linked)
    spent = made.bought[rng.random(len(made.bought)) < 0.3].copy()
    spent["occurred"] += (between(rng, 0.2, 8, len(spent)) * world.tempo).astype(np.int64)
    spent["delta"], spent["reason"] = -(spent["delta"] // 2), REDEMPTION
    spent = spent[(spent["occurred"] < world.end) & (spent["delta"] < 0)]
    whole, spenders = _spend_whole(world, made, orders, is_linked)
    spent = spent[~spent["customer"].isin(spenders)]
    signed_in = _signed_in(world, customers, pd.concat([spent, whole], ignore_index=True))
    frame = pd.concat([*made, spent, whole, signed_in], ignore_index=True)
    frame = pd.concat([frame, _adjusted(world, made.bought)], ignore_index=True)
    frame = frame.fillna({"plant": PLAIN, "order": 0}).astype({"order": np.int64})
    frame = pd.concat([frame, _wrong(world, frame)], ignore_index=True)
    lasts = frame["reason"].map(LASTS)
    expires = frame["occurred"] // DAY + lasts.fillna(0).astype(np.int64)
    frame["expires"] = np.where(lasts.notna() & (frame["delta"] > 0), expires, NEVER)
    frame = frame.sort_values(
        ["occurred", "customer", "reason", "delta"], kind="stable", ignore_index=True
    )
    return frame.assign(entry=np.arange(1, len(frame) + 1))


def _earned(
    orders: pd.DataFrame, reviews: pd.DataFrame, referrals: pd.DataFrame, is_linked: np.ndarray
) -> _Made:
    done = orders[(orders["completed"] != NEVER) & is_linked[orders["customer"]]]
    bought = pd.DataFrame(
        {"customer": done["customer"], "occurred": done["completed"], "delta": done["net"] // 100}
    ).assign(reason=PURCHASE)
    known = reviews[(reviews["customer"] >= 0) & (reviews["source"] == 0)]
    known = known[is_linked[known["customer"]]]
    reviewed = pd.DataFrame({"customer": known["customer"], "occurred": known["posted"]})
    invited = referrals[referrals["fault"].isin(["", "device"]) & (referrals["invitee"] >= 0)]
    thanked = pd.DataFrame({"customer": invited["inviter"], "occurred": invited["registered"]})
    return _Made(
        bought,
        reviewed.assign(delta=FOR_REVIEW, reason=REVIEW),
        thanked.assign(delta=FOR_REFERRAL, reason=REFERRAL),
    )


def _spend_whole(
    world: World, made: _Made, orders: pd.DataFrame, is_linked: np.ndarray
) -> tuple[pd.DataFrame, pd.Series]:
    """Some who earned for a review pay for their next order with all that they hold.

    Returns:
        Their redemptions, at the second of the order, and the members.
    """
    rng = world.rng("points spent on orders")
    first = made.reviewed.groupby("customer")["occurred"].min()
    kept = orders[(orders["cancelled"] == NEVER) & orders["is_repeat"]]
    kept = kept[is_linked[kept["customer"]]]
    later = kept[kept["ordered"] > kept["customer"].map(first)]
    later = later.sort_values("ordered").drop_duplicates("customer")
    count = min(len(later), max(FEWEST_SPENDERS, len(later) // 3))
    chosen = later.iloc[np.sort(rng.permutation(len(later))[:count])]
    when = chosen.set_index("customer")["ordered"] - SPENT_BEFORE
    earned = pd.concat(made, ignore_index=True)
    earlier = earned[earned["occurred"] < earned["customer"].map(when)]
    held = earlier.groupby("customer")["delta"].sum().reindex(when.index)
    spent = pd.DataFrame(
        {
            "customer": chosen["customer"].to_numpy(),
            # minutes before they order with them
            "occurred": chosen["ordered"].to_numpy() - SPENT_BEFORE,
            "delta": -held.to_numpy(),
            "reason": REDEMPTION,
            "plant": SPENT_ON_ORDER,
            "order": chosen["order"].to_numpy(),
        }
    )
    return spent, chosen["customer"]


def _signed_in(world: World, customers: pd.DataFrame, spent: pd.DataFrame) -> pd.DataFrame:
    """Points of signing in before the window, and what is taken back on the day after the last one.

    Only members who redeem nothing hold them, so that whatever rule says which points are spent
    first, all of them expire.
    """
    rng = world.rng("points signed in")
    able = (customers["registered"] < -LASTS[CHECK_IN] * DAY) & customers["is_member"]
    able &= ~customers["customer"].isin(spent["customer"])
    people = rng.permutation(np.flatnonzero(able))
    count = max(FEWEST_SIGNED_IN, round(SIGNED_IN_SHARE * world.customers))
    people = np.sort(people[:count])
    n = len(people)
    # the last day of theirs lies in the window, or shortly after it for every fourth of them
    last = rng.integers(0, max(1, world.days - 1), n)
    last = np.where(np.arange(n) % 4 == 3, world.days + rng.integers(1, 20, n), last)
    occurred = (last - LASTS[CHECK_IN]) * DAY + rng.integers(8 * HOUR, 22 * HOUR, n)
    given = pd.DataFrame({"customer": people, "occurred": occurred})
    given = given.assign(delta=10 * rng.integers(2, 15, n), reason=CHECK_IN)
    gone = given.assign(occurred=(last + 1) * DAY + HOUR, delta=-given["delta"], reason=EXPIRY)
    return pd.concat([given, gone[gone["occurred"] < world.end]], ignore_index=True)


def _adjusted(world: World, bought: pd.DataFrame) -> pd.DataFrame:
    """A few corrections by hand, up and down, of buyers who hold enough."""
    rng = world.rng("points adjusted")
    able = bought[(bought["delta"] > 200) & (bought["occurred"] < world.end - DAY // 2)]
    chosen = able.iloc[np.sort(rng.permutation(len(able))[:ADJUSTED])]
    return chosen.assign(
        occurred=chosen["occurred"] + 2 * HOUR,
        delta=np.array([100, -30] * ADJUSTED)[: len(chosen)],
        reason=ADJUSTMENT,
    )


def _wrong(world: World, frame: pd.DataFrame) -> pd.DataFrame:
    """One redemption beyond the balance, and one entry for a purchase booked a second time."""
    rng = world.rng("points wrong")
    spenders = frame.loc[frame["delta"] < 0, "customer"]
    able = frame[(frame["reason"] == PURCHASE) & ~frame["customer"].isin(spenders)]
    able = able[able["occurred"] < world.end - DAY // 2].drop_duplicates("customer")
    chosen = able.iloc[rng.permutation(len(able))[:2]]
    twice = chosen.tail(1).assign(plant=TWICE) if len(chosen) > 1 else chosen.head(0)
    held = frame.groupby("customer")["delta"].sum().reindex(chosen["customer"]).to_numpy()
    over = chosen.assign(delta=-held - OVERDRAWN, reason=REDEMPTION, plant=OVERDRAFT).head(1)
    # late enough for everything that they ever earned to be booked
    over["occurred"] = world.end - HOUR
    return pd.concat([over, twice], ignore_index=True)
