"""The member programme: invitations and their trees, points, group activity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingestion.demo.draws import choose_talkers, pick
from ingestion.demo.points import make_points
from ingestion.demo.world import DAY, NEVER, Ints, World


@dataclass(frozen=True)
class Loyalty:
    """The member programme's tables."""

    referrals: pd.DataFrame
    # invite, inviter, invitee (-1 none), sent, clicked, registered (s or NEVER), fault
    points: pd.DataFrame  # as `points.make_points` makes them
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
        make_points(world, customers, orders, reviews, referrals),
        _activity(world, customers),
    )


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
