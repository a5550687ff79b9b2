"""A topic that lifts one category: its searches, and its sales by orders of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.catalogue import PRODUCTS
from ingestion.demo.draws import day_times
from ingestion.demo.world import DAY, World

CAMPAIGN = "CM16"
CATEGORY = "air_fryer"
PRODUCT = next(
    index for index, each in enumerate(PRODUCTS) if each.category == CATEGORY and each.sales > 0
)
# Part of the usual that is added while it runs.
SALES_LIFT, SEARCH_LIFT = 0.60, 0.50
FEWEST_ORDERS = 10
# Of all orders, those with the category in any line: it is a cheap companion, too.
ORDERS_WITH_IT = 0.33
# Words that people search, by the category that they mean: a category's or a product's own words.
KEYWORDS = {
    "空气炸锅": ("air_fryer", 420),
    "空气炸锅 食谱": ("air_fryer", 150),
    "禾木空气炸锅": ("air_fryer", 90),
    "扫地机器人": ("robot_vacuum", 380),
    "禾木扫地机器人": ("robot_vacuum", 70),
    "电热水器": ("water_heater", 300),
    "禾木电热水器60升": ("water_heater", 60),
    "净水器": ("water_purifier", 260),
    "空气净化器": ("air_purifier", 240),
    "轻薄本": ("laptop", 520),
    "游戏本": ("laptop", 340),
}


def window(world: World) -> tuple[int, int]:
    """First and last day of the topic: a fifth of the window, four days at least, in its middle."""
    length = max(4, world.days // 5)
    first = int(world.days * 0.5)
    return first, min(first + length, world.days) - 1


def extra_orders(world: World, customers: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Orders that the topic caused, placed by guests: customer, ordered, season, product."""
    rng = world.rng("topic lift")
    first, last = window(world)
    now = int((orders["ordered"] // DAY).between(first, last).sum())
    usual = now * ORDERS_WITH_IT
    # whoever had something repaired buys again for that reason alone
    is_able = ~customers["is_member"].to_numpy()
    is_able[orders.loc[orders["claim_kind"] > 0, "customer"].to_numpy()] = False
    guests = np.flatnonzero(is_able)
    count = max(FEWEST_ORDERS, round(usual * SALES_LIFT)) if len(guests) else 0
    day = rng.integers(first, last + 1, count)
    ordered = np.minimum(day_times(rng, day), world.end - 1)
    ends = [end for _, end in world.seasons]
    return pd.DataFrame(
        {
            "customer": rng.choice(guests, count) if count else guests[:0],
            "ordered": ordered,
            "season": np.searchsorted(ends, ordered, side="right"),
            "wanted": PRODUCT,
        }
    )


def make_searches(world: World) -> pd.DataFrame:
    """One row per keyword and day: line, day, keyword, count. All words share the week's rhythm."""
    rng = world.rng("searches")
    first, last = window(world)
    days = np.arange(world.days)
    weekday = np.array([(world.first_day.toordinal() + day) % 7 for day in days])
    rhythm = np.where(weekday >= 5, 1.15, 0.95) * (1 + 0.1 * days / max(world.days, 1))
    is_lifted = (days >= first) & (days <= last)
    parts = []
    for keyword, (category, mean) in KEYWORDS.items():
        factor = np.where(is_lifted & (category == CATEGORY), 1 + SEARCH_LIFT, 1.0)
        parts.append(
            pd.DataFrame(
                {"day": days, "keyword": keyword, "count": rng.poisson(mean * rhythm * factor)}
            )
        )
    frame = pd.concat(parts, ignore_index=True).sort_values("day", kind="stable")
    frame = frame.reset_index(drop=True)
    return frame.assign(line=np.arange(1, len(frame) + 1))
