"""What advertising costs: one line per day, medium and campaign."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.catalogue import CAMPAIGNS, STRATEGIES
from ingestion.demo.marketing.lift import window
from ingestion.demo.world import World


def make_spend(world: World) -> pd.DataFrame:
    """One row per day, medium and campaign; free campaigns have none.

    Columns: line, day, channel, campaign (index), cents, shown, clicked. Amounts grow with the
    number of members.
    """
    rng = world.rng("spend")
    channels = {s.code: s.channels for s in STRATEGIES}
    pairs = [
        (channel, index, campaign.daily_spend / len(channels[campaign.strategy]))
        for index, campaign in enumerate(CAMPAIGNS)
        if campaign.daily_spend > 0
        for channel in channels[campaign.strategy]
    ]
    first, last = window(world)
    n = world.days * len(pairs)
    frame = pd.DataFrame(
        {
            "day": np.repeat(np.arange(world.days), len(pairs)),
            "channel": [channel for channel, _, _ in pairs] * world.days,
            "campaign": [index for _, index, _ in pairs] * world.days,
        }
    )
    daily = np.tile([amount for _, _, amount in pairs], world.days)
    size = max(world.customers / 2_500, 0.02)
    frame["cents"] = np.rint(daily * size * 100 * rng.uniform(0.8, 1.2, n)).astype(np.int64)
    frame["shown"] = 1 + (frame["cents"] * rng.uniform(0.3, 0.6, n)).astype(np.int64)
    frame["clicked"] = (frame["shown"] * rng.uniform(0.004, 0.02, n)).astype(np.int64)
    is_topic = np.array([campaign.is_topic for campaign in CAMPAIGNS])[frame["campaign"]]
    frame = frame[~is_topic | frame["day"].between(first, last)].reset_index(drop=True)
    return frame.assign(line=np.arange(1, len(frame) + 1))
