"""Members who ask to be forgotten: who, and when.

The first has left traces on as many channels as anybody, the second has bought nothing. Neither
takes part in what other plants count by name: invitations, repairs, offers, trials, notes, chats.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ingestion.demo.world import HOUR, NEVER, World

# Shares of the window at which they ask.
ASKED_AT = (0.6, 0.8, 0.9)
# A member's number that nobody has.
UNKNOWN = 9_999_999


def choose_erasures(
    world: World,
    customers: pd.DataFrame,
    traces: Iterable[pd.Series],
    orders: pd.DataFrame,
    kept: Iterable[pd.Series],
) -> pd.DataFrame:
    """One row per request: request, customer (UNKNOWN: of no customer), requested (s).

    Args:
        world: the world.
        customers: all customers.
        traces: numbers of the customers behind the rows of each subject; the more of these
            subjects a member is in, the rather they are the first to ask.
        orders: who bought.
        kept: numbers of those who must not ask.
    """
    n = len(customers)
    registered = customers["registered"].to_numpy()
    asked = [int(world.end * part) // HOUR * HOUR for part in ASKED_AT]
    held = np.zeros(n, dtype=bool)
    for people in kept:
        numbers = people.to_numpy()
        held[numbers[(numbers >= 0) & (numbers < n)]] = True
    twins = customers[customers["phone_person"] != customers["customer"]]
    held[twins["customer"]] = held[twins["phone_person"]] = True
    able = ~held & customers["is_member"].to_numpy() & (registered < 0)
    shown = np.zeros(n, dtype=np.int64)
    for people in traces:
        numbers = people.to_numpy()
        shown[np.unique(numbers[(numbers >= 0) & (numbers < n)])] += 1
    has_bought = np.zeros(n, dtype=bool)
    has_bought[orders["customer"]] = True
    linked = able & customers["is_linked"].to_numpy()
    joined = (customers["joined"] != NEVER).to_numpy()
    chosen: list[int] = []
    for mask in (linked & has_bought, able & ~has_bought & joined):
        found = np.flatnonzero(mask)
        if len(found):
            chosen.append(int(found[np.argmax(shown[found])]))
    rows = [*zip(chosen, asked, strict=False), (UNKNOWN, asked[-1])]
    frame = pd.DataFrame(rows, columns=["customer", "requested"])
    return frame.assign(request=np.arange(1, len(frame) + 1))
