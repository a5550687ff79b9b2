"""What the CRM offers by stage: a pack for the new, a gift for regulars, a coupon for the silent.

Most offers reach the stage that they are meant for, within days of its beginning; a few do not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.draws import between, quota
from ingestion.demo.world import DAY, NEVER, Ints, World

WELCOME, UPGRADE, WINBACK = 0, 1, 2
PROGRAMMES = ("WELCOME_PACK", "UPGRADE_GIFT", "WINBACK_COUPON")
REWARDS = (2_000, 5_000, 8_000)
# Of those who come into the stage, those who are offered it; of these, those who claim it.
OFFERED_SHARE, TAKE_UP = (0.8, 0.7), (0.45, 0.30)
# Offers to members whom they are not meant for, against those to the right ones; nobody claims one.
WRONG_SHARE = 0.08


def make_offers(
    world: World, customers: pd.DataFrame, orders: pd.DataFrame, lapsed_customers: pd.DataFrame
) -> pd.DataFrame:
    """One row per offer.

    Columns: offer, programme (PROGRAMMES), customer, offered, claimed (s or NEVER), reward (cents),
    is_right.
    """
    rng = world.rng("stage offers")
    linked = customers["is_linked"].to_numpy(copy=True)
    twins = customers[customers["phone_person"] != customers["customer"]]
    linked[twins["customer"]] = linked[twins["phone_person"]] = False
    kept = orders[(orders["cancelled"] == NEVER) & (orders["refunded"] == NEVER)]
    kept = kept[linked[kept["customer"]] & ~kept["customer"].isin(lapsed_customers["customer"])]
    kept = kept.sort_values("ordered")
    nth = kept.groupby("customer").cumcount()
    parts = [
        _of_stage(world, rng, programme, kept[nth == programme]) for programme in (WELCOME, UPGRADE)
    ]
    sent = lapsed_customers[lapsed_customers["offered"] != NEVER]
    # a coupon is claimed in the shop on the day of the order that it is used for
    claimed = np.where(sent["returned"] != NEVER, sent["returned"], NEVER)
    parts.append(
        pd.DataFrame(
            {
                "programme": WINBACK,
                "customer": sent["customer"].to_numpy(),
                "offered": sent["offered"].to_numpy(),
                "claimed": claimed,
                "is_right": True,
            }
        )
    )
    right = pd.concat(parts, ignore_index=True)
    prospects = np.setdiff1d(np.flatnonzero(linked), orders["customer"])
    prospects = prospects[customers["registered"].to_numpy()[prospects] < 0]
    prospects = rng.permutation(prospects)[: max(3, round(WRONG_SHARE * len(right)))]
    wrong = pd.DataFrame({"customer": prospects})
    wrong["programme"] = np.arange(len(wrong)) % len(PROGRAMMES)
    wrong["offered"] = (world.end * rng.uniform(0.1, 0.9, len(wrong))).astype(np.int64)
    frame = pd.concat([right, wrong.assign(claimed=NEVER, is_right=False)], ignore_index=True)
    frame["reward"] = np.array(REWARDS)[frame["programme"]]
    frame = frame.sort_values(["offered", "customer"], ignore_index=True)
    return frame.assign(offer=np.arange(1, len(frame) + 1))


def _of_stage(
    world: World, rng: np.random.Generator, programme: int, entered: pd.DataFrame
) -> pd.DataFrame:
    """Offers some days after the order by which each came into the stage."""
    n = len(entered)
    ordered: Ints = entered["ordered"].to_numpy()
    # on another day than the order: a stage is a matter of days
    offered = (ordered // DAY + 1) * DAY + 10 * 3_600 + between(rng, 0, 3 * world.tempo, n)
    is_offered = quota(rng, np.full(n, OFFERED_SHARE[programme])) & (offered < world.end)
    takes = quota(rng, np.where(is_offered, TAKE_UP[programme], 0.0))
    claimed = offered + (between(rng, 0.1, 9, n) * world.tempo).astype(np.int64)
    frame = pd.DataFrame(
        {
            "programme": programme,
            "customer": entered["customer"].to_numpy(),
            "offered": offered,
            "claimed": np.where(takes & (claimed < world.end), claimed, NEVER),
            "is_right": True,
        }
    )
    return frame[is_offered]
