"""Members who stopped buying before the window: the dormant, the lost, and those who came back.

They are members more than the flag asks for, numbered after all others. They touch nothing and
say nothing; what they bought lies up to a year and more behind, so that cohorts have something to
lose and a coupon somebody to win back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.catalogue import OWN_PRODUCTS, PRODUCTS
from ingestion.demo.draws import between, pick, quota
from ingestion.demo.sales.orders import Orders
from ingestion.demo.world import DAY, HOUR, NEVER, Ints, World

LAPSED_SHARE, FEWEST_LAPSED = 0.05, 24
# Days from the last order before the window to the last day: dormant from 90 on, lost from 180 on.
SILENT_FROM, SILENT_TO = 96, 400
# Some bought less long ago, if that is before the window: they are on their way out.
FADING_SHARE, FADING_FROM = 0.25, 32
DORMANT_AFTER = 91
# A share bought once. The others are as the models that value customers take them to be (BG/NBD,
# Gamma-Gamma): each buys at a rate of their own (gamma: shape, mean a day), stops after a repeat
# order with a probability of their own (beta), and likes dear or cheap things: a place among the
# products, give or take. Were all alike, no fit would have a top.
BUYING_RATE, STOPPING, MOST_REPEATS, OLDEST = (3.0, 1 / 30), (0.5, 0.5), 12, 700
ONCE_SHARE = 0.25
TASTE_SPREAD = 0.12
# Of them, those sent a coupon; of these, those who use it; of the rest, those who come back anyway.
COUPON_SHARE, TAKEN_UP_SHARE, BACK_ANYWAY_SHARE = 0.6, 0.3, 0.06


@dataclass(frozen=True)
class LapsedCustomers:
    """All customers, links and orders with the lapsed ones, and who of these comes back when.

    Columns of people: customer, last (s, their last order before the window), offered, returned (s
    or NEVER).
    """

    customers: pd.DataFrame
    links: pd.DataFrame
    bought: Orders
    people: pd.DataFrame


def add_lapsed_customers(
    world: World, customers: pd.DataFrame, links: pd.DataFrame, bought: Orders
) -> LapsedCustomers:
    """Add the lapsed customers behind all others, with their links and orders."""
    rng = world.rng("veterans")
    n = max(FEWEST_LAPSED, round(LAPSED_SHARE * world.customers))
    last = _last_orders(world, rng, n)
    who, earlier = _earlier_orders(rng, last)
    first = last.copy()
    np.minimum.at(first, who, earlier)
    members = _members(rng, customers, first)
    people = pd.DataFrame({"customer": members["customer"].to_numpy(), "last": last})
    people["offered"], people["returned"] = _coupons(world, rng, last)
    bought_at = [
        people[["customer"]].assign(ordered=last),
        people[["customer"]].iloc[who].assign(ordered=earlier),
        people.loc[people["returned"] != NEVER, ["customer", "returned"]].set_axis(
            ["customer", "ordered"], axis=1
        ),
    ]
    when = pd.concat(bought_at, ignore_index=True).sort_values(["ordered", "customer"])
    made = _orders(world, rng, bought, members, when)
    shop = np.where(members["shop"] == 0, "jd_customer", "tmall_customer")
    own = members["customer"].to_numpy()
    linked = pd.DataFrame({"kind": shop, "customer": own, "linked": members["registered"]})
    return LapsedCustomers(
        pd.concat([customers, members], ignore_index=True),
        pd.concat([links, linked.assign(identifier=own)], ignore_index=True),
        made,
        people,
    )


def _last_orders(world: World, rng: np.random.Generator, n: int) -> Ints:
    """When each bought last before the window (s), in order of time; a few not long ago."""
    silent = world.end - between(rng, SILENT_FROM, SILENT_TO, n)
    # evenly, so that no ten days before the window are without an order
    fading = round(n * FADING_SHARE) if world.days < SILENT_FROM - 1 else 0
    ago = np.linspace(max(FADING_FROM, world.days + 1), SILENT_FROM, fading)
    silent[:fading] = world.end - (ago * DAY).astype(np.int64)
    # in a window of months they would buy in the midst of it
    return np.sort(np.minimum(silent, -DAY // 4))


def _earlier_orders(rng: np.random.Generator, last: Ints) -> tuple[Ints, Ints]:
    """Who of them (row) had ordered before their last order, and when (s)."""
    n = len(last)
    rate = rng.gamma(*BUYING_RATE, n)
    stopping = rng.beta(*STOPPING, n)
    repeats = np.where(
        rng.random(n) < ONCE_SHARE, 0, np.minimum(rng.geometric(stopping), MOST_REPEATS)
    )
    ago = np.cumsum(rng.exponential(1, (n, MOST_REPEATS)) / rate[:, None] + 1, axis=1)
    is_made = (np.arange(MOST_REPEATS) < repeats[:, None]) & (ago < OLDEST)
    who, number = np.nonzero(is_made)
    return who.astype(np.int64), last[who] - (ago[who, number] * DAY).astype(np.int64)


def _members(rng: np.random.Generator, customers: pd.DataFrame, first: Ints) -> pd.DataFrame:
    """Members like others, who registered before their first order; linked, and with no account."""
    n = len(first)
    models = np.flatnonzero(customers["is_member"])
    frame = customers.iloc[rng.choice(models, n)].copy()
    flags = frame.columns[frame.columns.str.match("is_.*_linked|holds_|has_openid|has_device")]
    frame[flags] = False
    frame["customer"] = frame["phone_person"] = len(customers) + np.arange(n)
    frame["registered"] = first - between(rng, 0.01, 30, n)
    frame["joined"] = NEVER
    frame["is_linked"], frame["has_both_shops"] = True, False
    return frame


def _coupons(world: World, rng: np.random.Generator, last: Ints) -> tuple[Ints, Ints]:
    """Who is sent a coupon, early in the window, and who comes back; NEVER where nobody does."""
    n = len(last)
    sent = (world.end * rng.uniform(0.1, 0.5, n)).astype(np.int64)
    # not before they are dormant
    sent = np.maximum(sent, (last // DAY + DORMANT_AFTER) * DAY + 10 * HOUR)
    is_sent = quota(rng, np.where(sent < world.end, COUPON_SHARE, 0.0))
    comes = quota(rng, np.where(is_sent, TAKEN_UP_SHARE, BACK_ANYWAY_SHARE))
    back = np.clip(sent, 0, world.end) + (between(rng, 0.5, 14, n) * world.tempo).astype(np.int64)
    return np.where(is_sent, sent, NEVER), np.where(comes & (back < world.end), back, NEVER)


def _orders(
    world: World,
    rng: np.random.Generator,
    bought: Orders,
    members: pd.DataFrame,
    bought_at: pd.DataFrame,
) -> Orders:
    """Orders of one line each, completed some days later, of anything but the topic's category."""
    who, when = bought_at["customer"].to_numpy(), bought_at["ordered"].to_numpy()
    n = len(who)
    able = np.array([i for i in OWN_PRODUCTS if PRODUCTS[i].category != "air_fryer"])
    able = able[np.argsort([PRODUCTS[i].price for i in able])]
    taste = pd.Series(rng.random(len(members)), index=members["customer"])[who].to_numpy()
    place = np.clip(taste + rng.normal(0, TASTE_SPREAD, n), 0, 1 - 1e-9)
    product = able[(place * len(able)).astype(np.int64)]
    price = np.array([PRODUCTS[i].price * 100 for i in product], dtype=np.int64)
    discount = price * pick(rng, [3, 1, 1], n) // 20
    # those of the past are long done; those of the window hurry as all others do
    hurry = np.where(when < 0, 1.0, world.tempo)
    shipped = when + (between(rng, 0.3, 1.4, n) * hurry).astype(np.int64)
    completed = shipped + (between(rng, 1.2, 4.5, n) * hurry).astype(np.int64)
    number = len(bought.orders) + np.arange(1, n + 1)
    blank = dict.fromkeys(("cancelled", "refunded"), NEVER)
    orders = pd.DataFrame(
        {
            **blank,
            "customer": who,
            "ordered": when,
            "order": number,
            "shop": bought_at["customer"].map(members.set_index("customer")["shop"]).to_numpy(),
            "shipped": np.where(shipped < world.end, shipped, NEVER),
            "completed": np.where(completed < world.end, completed, NEVER),
            "journey": -1,
            # the second of those whose first came long before it; no journey led to any
            "is_repeat": pd.Series(who).duplicated().to_numpy(),
            "wanted": -1,
            "claim_kind": 0,
            "coupon": 0,
            "gross": price,
            "discount": discount,
            "net": price - discount,
        }
    )
    items = pd.DataFrame({"order": number, "line": 1, "product": product, "quantity": 1})
    items = items.assign(net=orders["net"], freight=0)
    orders = orders.reindex(columns=bought.orders.columns, fill_value=0)
    return replace(
        bought,
        orders=pd.concat([bought.orders, orders], ignore_index=True),
        items=pd.concat([bought.items, items], ignore_index=True),
    )
