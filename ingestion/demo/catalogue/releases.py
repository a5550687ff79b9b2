"""A second generation of one product, better liked than the first.

No stars change: from its launch on, orders of the first generation become orders of the
second, those that were praised rather than those that were not. Nothing is drawn from the streams
of orders and reviews.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.catalogue import PRODUCTS, SUCCESSOR_OF, launched_on
from ingestion.demo.world import DAY, World

# Place of the second generation: behind all products from which anything is drawn.
SUCCESSOR = len(PRODUCTS)
LAUNCHED_AT = 0.35
# Of the orders since the launch, those of the second generation: praised ones, others, unreviewed.
PRAISED_SHARE, BLAMED_SHARE, SILENT_SHARE = 0.85, 0.05, 0.6


def launch_day(world: World) -> int:
    """Index of the day on which the second generation comes to market."""
    return int(world.days * LAUNCHED_AT)


def launch_dates(world: World) -> list[str]:
    """Launch date of every product, the second generation last."""
    dates = [launched_on(index) for index in range(len(PRODUCTS))]
    return [date.isoformat() for date in [*dates, world.date_of(launch_day(world))]]


def release(
    world: World, orders: pd.DataFrame, items: pd.DataFrame, reviews: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Items and reviews, some of which are now of the second generation."""
    rng = world.rng("releases")
    first = items[(items["line"] == 1) & (items["product"] == SUCCESSOR_OF)]
    first = first.assign(ordered=first["order"].map(orders.set_index("order")["ordered"]))
    first = first[first["ordered"] >= launch_day(world) * DAY]
    written = reviews[(reviews["order"] > 0) & (reviews["source"] == 0)]
    stars = first["order"].map(written.drop_duplicates("order").set_index("order")["stars"])
    chance = np.select(
        [stars.isna(), stars >= 4], [SILENT_SHARE, PRAISED_SHARE], default=BLAMED_SHARE
    )
    new = first.loc[rng.random(len(first)) < chance, "order"]
    items, reviews = items.copy(), reviews.copy()
    is_new = items["order"].isin(new) & (items["line"] == 1)
    items.loc[is_new, "product"] = SUCCESSOR
    is_of_new = reviews["order"].isin(new) & (reviews["product"] == SUCCESSOR_OF)
    # a copy is of what the review that it copies is of
    is_of_new |= reviews["source"].isin(reviews.loc[is_of_new & (reviews["source"] == 0), "review"])
    reviews.loc[is_of_new, "product"] = SUCCESSOR
    return items, reviews
