"""Invitations: a forest over the members who registered in the window, dead ends, and faults."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.draws import between, day_times, share
from ingestion.demo.world import DAY, NEVER, World

INVITED_SHARE = 0.45


def make_referrals(world: World, customers: pd.DataFrame) -> pd.DataFrame:
    """Invitations: a forest over the members who registered in the window, and dead ends.

    Planted faults, by `fault`: self (inviter is invitee), loop (an invitee "invites" their own
    inviter), duplicate (a second invitation to somebody already brought in).
    """
    rng = world.rng("referrals")
    registered = customers["registered"].to_numpy()[: world.customers]
    new = np.flatnonzero(registered >= DAY // 4)
    new = new[share(rng, len(new), INVITED_SHARE)]
    new = new[new > 0]
    # the more recent a member, the likelier the inviter: that is what makes trees deep
    inviter = (new * (1 - 0.35 * rng.random(len(new)) ** 2)).astype(np.int64)
    inviter = np.minimum(inviter, new - 1)
    sent = registered[new] - (between(rng, 0.01, 0.2, len(new)) * world.tempo).astype(np.int64)
    sent = np.maximum(np.maximum(sent, registered[inviter]), 0)
    sent = np.minimum(sent, registered[new] - 2)
    good = pd.DataFrame(
        {
            "inviter": inviter,
            "invitee": new,
            "sent": sent,
            "clicked": (sent + registered[new]) // 2,
            "registered": registered[new],
            "fault": "",
        }
    )
    n = round(0.10 * world.customers * world.flow)
    when = day_times(rng, rng.integers(0, world.days, n))
    clicked = when + rng.integers(60, DAY // 2, n)
    dead = pd.DataFrame({"inviter": rng.integers(0, world.customers, n), "invitee": -1})
    has_clicked = (rng.random(n) < 0.4) & (clicked < world.end)
    dead = dead.assign(
        sent=when, clicked=np.where(has_clicked, clicked, NEVER), registered=NEVER, fault=""
    )
    few = max(1, len(good) // 60)
    selves = good.head(few).assign(fault="self")
    selves["inviter"] = selves["invitee"]
    # long after they came: no click of theirs is near it
    for name, after in (("sent", 3_600), ("clicked", 4_200), ("registered", 4_800)):
        selves[name] = good.head(few)["registered"] + after
    loops = good.tail(few).assign(fault="loop")
    loops[["inviter", "invitee"]] = loops[["invitee", "inviter"]].to_numpy()
    # somebody who has been a member for long cannot come of an invitation
    for name, after in (("sent", 600), ("clicked", 1_200), ("registered", 1_800)):
        loops[name] = good.tail(few)["registered"] + after
    twice = good.iloc[few : 2 * few].assign(fault="duplicate")
    twice["inviter"] = np.maximum(twice["inviter"] - 1, 0)
    # the first invitation is the one that counts
    twice["sent"] += 1
    twice = twice[twice["inviter"] != twice["invitee"]]
    # some who were brought in hold the inviter's own device; whoever brought in others does not
    plain = good.iloc[2 * few : -few]
    leaves = plain.index[~plain["invitee"].isin(good["inviter"])].to_numpy()
    chosen = world.rng("lent devices").permutation(len(leaves))[:few]
    good.loc[leaves[chosen], "fault"] = "device"
    frame = pd.concat([good, dead, selves, loops, twice], ignore_index=True)
    frame = frame.sort_values(["sent", "inviter", "fault", "invitee"], ignore_index=True)
    frame["invite"] = np.arange(1, len(frame) + 1)
    return frame
