"""What members do in the brand's 企业微信 groups, day by day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.draws import choose_talkers, pick
from ingestion.demo.world import DAY, NEVER, Ints, World

GROUPS = 20
# An event every so many days, from the fourth day on.
EVENT_EVERY, FIRST_EVENT = 14, 3


def make_activity(world: World, customers: pd.DataFrame) -> pd.DataFrame:
    """One row per member and day on which they spoke: group, customer, day, posts."""
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
    frame["group"] = frame["customer"] % GROUPS
    return frame.sort_values(["day", "customer"], ignore_index=True)


def answer_in_group(
    world: World,
    customers: pd.DataFrame,
    touches: pd.DataFrame,
    orders: pd.DataFrame,
    activity: pd.DataFrame,
) -> pd.DataFrame:
    """The activity, and that of members who speak on a day on which a message there reached them.

    It adds no touch to a journey: they are reached in the group that day, and speak there on no day
    on which they order.
    """
    rng = world.rng("answers in groups")
    read = touches[(touches["channel"] == "wecom") & (touches["customer"] >= 0)]
    joined = customers["joined"].to_numpy()
    frame = read[["customer"]].assign(day=read["touched"] // DAY).drop_duplicates()
    since = joined[frame["customer"]]
    frame = frame[(since != NEVER) & (since // DAY <= frame["day"])]
    busy = pd.concat(
        [
            orders[["customer"]].assign(day=orders["ordered"] // DAY),
            activity[["customer", "day"]],
        ]
    )
    is_busy = pd.MultiIndex.from_frame(frame).isin(pd.MultiIndex.from_frame(busy))
    frame = frame[~is_busy]
    frame = frame.assign(posts=1 + pick(rng, [5, 3, 2], len(frame)), size=1)
    frame["group"] = frame["customer"] % GROUPS
    both = pd.concat([activity, frame[activity.columns]], ignore_index=True)
    visits: pd.DataFrame = both.sort_values(["day", "customer"], ignore_index=True)
    return visits
