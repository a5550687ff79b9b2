"""More chats and calls: none is answered in the small hours, and each stage has its own pace.

The added ones are of people who are not recognised, so that no journey grows by them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.draws import day_times, lognormal_seconds, pick, quota
from ingestion.demo.world import DAY, HOUR, NEVER, World

STAGES = ("pre_sale", "in_sale", "after_sale")
# Hours of the day in which the desk is empty.
NIGHT_FROM, NIGHT_TO = 1, 6
# Added contacts a member and sixty days; part of them spread evenly over the clock.
CONTACTS_PER_MEMBER, AT_ANY_HOUR = 0.25, 0.35
FEWEST_CONTACTS = 60
STAGE_SHARES = (0.3, 0.3, 0.4)
# Median minutes to the first answer, and the share that goes unanswered by day.
WAITS, MISSED_SHARE = (0.8, 2.0, 5.0), 0.04


def is_night(started: pd.Series) -> pd.Series:
    """Whether the desk is closed at that time of day."""
    return (started % DAY).between(NIGHT_FROM * HOUR, NIGHT_TO * HOUR - 1)


def add_contacts(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """The contacts and the added ones, in order of time; none of a night is answered.

    A chat that ended in an order keeps its answer.
    """
    rng = world.rng("contacts more")
    n = max(FEWEST_CONTACTS, round(CONTACTS_PER_MEMBER * world.customers * world.flow))
    days = rng.integers(0, world.days, n)
    anywhen = days * DAY + rng.integers(0, DAY, n)
    started = np.where(rng.random(n) < AT_ANY_HOUR, anywhen, day_times(rng, days))
    stage = pick(rng, STAGE_SHARES, n)
    wait = lognormal_seconds(rng, np.array(WAITS)[stage], 0.8, n)
    more = pd.DataFrame({"stage": stage, "customer": -1, "started": started, "order": 0})
    more["first_reply"] = np.where(quota(rng, np.full(n, MISSED_SHARE)), NEVER, started + wait)
    more["ended"] = started + wait + rng.integers(60, 1_500, n)
    score = 1 + pick(rng, [1, 1, 2, 5, 9], n)
    more["csat"] = np.where(quota(rng, np.full(n, 0.5)), score, 0)
    frame = pd.concat([contacts, more], ignore_index=True)
    is_missed = is_night(frame["started"]) & (frame["order"] == 0)
    frame.loc[is_missed, "first_reply"] = NEVER
    # without an answer no satisfaction score is asked for
    frame.loc[is_missed, "csat"] = 0
    frame = frame[frame["ended"] < world.end]
    frame = frame.sort_values(["started", "customer"], ignore_index=True)
    return frame.assign(contact=np.arange(1, len(frame) + 1))
