"""The member programme: invitations and their trees, points, group activity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingestion.demo.draws import between, choose_talkers, pick
from ingestion.demo.world import DAY, NEVER, Ints, World


@dataclass(frozen=True)
class Loyalty:
    """The member programme's tables."""

    referrals: pd.DataFrame
    # invite, inviter, invitee (-1 none), sent, clicked, registered (s or NEVER), fault
    points: pd.DataFrame  # entry, customer, occurred, delta, reason
    activity: pd.DataFrame  # group, customer, day, posts


def make_loyalty(
    world: World,
    customers: pd.DataFrame,
    orders: pd.DataFrame,
    reviews: pd.DataFrame,
    referrals: pd.DataFrame,
) -> Loyalty:
    """Everything that members do in the programme."""
    return Loyalty(
        referrals,
        _points(world, customers, orders, reviews, referrals),
        _activity(world, customers),
    )


def _points(
    world: World,
    customers: pd.DataFrame,
    orders: pd.DataFrame,
    reviews: pd.DataFrame,
    referrals: pd.DataFrame,
) -> pd.DataFrame:
    rng = world.rng("points")
    is_linked = customers["is_linked"].to_numpy()
    done = orders[(orders["completed"] != NEVER) & is_linked[orders["customer"]]]
    bought = pd.DataFrame(
        {"customer": done["customer"], "occurred": done["completed"], "delta": done["net"] // 100}
    ).assign(reason=0)
    known = reviews[(reviews["customer"] >= 0) & (reviews["source"] == 0)]
    known = known[is_linked[known["customer"]]]
    reviewed = pd.DataFrame({"customer": known["customer"], "occurred": known["posted"]})
    reviewed = reviewed.assign(delta=50, reason=1)
    invited = referrals[referrals["fault"].isin(["", "device"]) & (referrals["invitee"] >= 0)]
    thanked = pd.DataFrame({"customer": invited["inviter"], "occurred": invited["registered"]})
    thanked = thanked.assign(delta=200, reason=4)
    spent = bought[rng.random(len(bought)) < 0.3].copy()
    spent["occurred"] += (between(rng, 0.2, 8, len(spent)) * world.tempo).astype(np.int64)
    spent["delta"], spent["reason"] = -(spent["delta"] // 2), 3
    spent = spent[(spent["occurred"] < world.end) & (spent["delta"] < 0)]
    frame = pd.concat([bought, reviewed, thanked, spent], ignore_index=True)
    frame = frame.sort_values(["occurred", "customer", "reason", "delta"], ignore_index=True)
    frame["entry"] = np.arange(1, len(frame) + 1)
    return frame


def _activity(world: World, customers: pd.DataFrame) -> pd.DataFrame:
    rng = world.rng("activity")
    joined = customers["joined"].to_numpy()
    is_known = (joined != NEVER) & customers["is_linked"].to_numpy()
    members: Ints = np.flatnonzero(is_known).astype(np.int64)
    people = choose_talkers(rng, members, round(0.6 * len(members) * world.flow))
    n = len(people)
    frame = pd.DataFrame({"customer": people, "day": rng.integers(0, world.days, n)})
    frame = frame[joined[frame["customer"]] // DAY <= frame["day"]]
    frame = frame.groupby(["customer", "day"], as_index=False).size()
    frame["posts"] = frame["size"] + pick(rng, [5, 3, 2, 1], len(frame))
    frame["group"] = frame["customer"] % 20
    return frame.sort_values(["day", "customer"], ignore_index=True)
