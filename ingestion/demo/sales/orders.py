"""Orders, their lines, refunds and repairs: what converted journeys and everyone else buys.

An order is placed, shipped, then completed, cancelled or refunded; each turn is a time here, and
the status that an export shows is the one reached by its day. Money is in cents.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.catalogue import PRODUCTS, crises
from ingestion.demo.draws import between, pick, share
from ingestion.demo.marketing.journeys import Journeys, make_returns, unrelated_times
from ingestion.demo.marketing.lift import extra_orders
from ingestion.demo.world import DAY, NEVER, Floats, World

# Of those without a journey in the season: members and guests.
BASELINE_SHARE = (0.62, 1.0)
# Chance of a second order after a first one that leaves time for it, by what was repaired.
REPEAT_CHANCE = {"none": 0.40, "free_repair": 0.40, "trade_in": 0.40, "lifetime": 0.68}
THIRD_CHANCE = 0.30
CLAIM_KINDS = ("none", "free_repair", "lifetime", "trade_in")
CLAIM_LABELS = {"free_repair": "免费维修", "lifetime": "终身维修", "trade_in": "以旧换新"}


@dataclass(frozen=True)
class Orders:
    """Orders and what hangs on them."""

    orders: pd.DataFrame
    # order, customer, shop, ordered, shipped, completed, cancelled, refunded (s or NEVER), journey
    # (-1 none), is_repeat, wanted (product, -1 any), gross, discount, net (cents)
    items: pd.DataFrame  # order, line, product, quantity, net, freight (cents)
    refunds: pd.DataFrame  # refund, order, refunded, amount (cents), reason
    claims: pd.DataFrame  # claim, order, kind (index into CLAIM_KINDS), opened, closed, cost, price


def make_orders(
    world: World, customers: pd.DataFrame, journeys: Journeys
) -> tuple[Orders, Journeys]:
    """Everything bought in the window, and the journeys with those that lead back to an order."""
    rng = world.rng("orders")
    first = _first_orders(world, rng, customers, journeys)
    claims_of_first = _claim_kinds(world, rng, customers, first)
    repeats, journeys = _repeats(world, rng, first, claims_of_first, journeys)
    usual = pd.concat([first.assign(claim_kind=claims_of_first), repeats], ignore_index=True)
    usual["claim_kind"] = usual["claim_kind"].fillna(0).astype(np.int64)
    more = extra_orders(world, customers, usual).assign(journey=-1, is_repeat=False)
    orders = pd.concat([usual, more], ignore_index=True)
    blank = {"claim_kind": 0, "wanted": -1}
    orders = orders.fillna(blank).astype(dict.fromkeys(blank, np.int64))
    orders = orders.sort_values(["ordered", "customer"], ignore_index=True)
    orders["order"] = np.arange(1, len(orders) + 1, dtype=np.int64)
    _shops(rng, customers, orders)
    _want_what_fails(world, orders)
    items = _items(rng, orders)
    _fates(world, rng, orders)
    refunds = _refunds(world, rng, orders)
    return Orders(orders, items, refunds, _claims(world, rng, orders)), journeys


def _first_orders(
    world: World, rng: np.random.Generator, customers: pd.DataFrame, journeys: Journeys
) -> pd.DataFrame:
    """Conversions, and one order a season for part of those who have no journey in it."""
    parts = [
        pd.DataFrame(
            {
                "customer": journeys.conversions["customer"],
                "ordered": journeys.conversions["converted"],
                "journey": journeys.conversions["journey"],
                "season": journeys.conversions["season"],
            }
        )
    ]
    rows = journeys.journeys
    for season, (start, end) in enumerate(world.seasons):
        is_free = np.ones(len(customers), dtype=bool)
        taken = rows.loc[(rows["season"] == season) & (rows["customer"] >= 0), "customer"]
        is_free[taken.to_numpy()] = False
        people = np.flatnonzero(is_free)
        for is_member, fraction in zip((True, False), BASELINE_SHARE, strict=True):
            group = people[customers["is_member"].to_numpy()[people] == is_member]
            group = group[share(rng, len(group), fraction * min(1.0, 4 * world.tempo))]
            when = unrelated_times(rng, world, start, end, len(group))
            parts.append(
                pd.DataFrame({"customer": group, "ordered": when, "journey": -1, "season": season})
            )
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(is_repeat=False)


def _claim_kinds(
    world: World, rng: np.random.Generator, customers: pd.DataFrame, first: pd.DataFrame
) -> np.ndarray:
    """What will be repaired, per first order: index into CLAIM_KINDS. JD orders of early days."""
    kinds = np.zeros(len(first), dtype=np.int64)
    is_jd = customers["shop"].to_numpy()[first["customer"]] == 0
    able = np.flatnonzero(is_jd & _leaves_time(world, first))
    chosen = able[share(rng, len(able), 0.30)]
    kinds[chosen] = 1 + np.arange(len(chosen)) % 3
    return kinds


def _leaves_time(world: World, first: pd.DataFrame) -> np.ndarray:
    """Whether a second order fits into the season after this one."""
    ends = np.array([end for _, end in world.seasons])[first["season"]]
    return first["ordered"].to_numpy() + int(24 * DAY * world.tempo) < ends


def _repeats(
    world: World,
    rng: np.random.Generator,
    first: pd.DataFrame,
    kinds: np.ndarray,
    journeys: Journeys,
) -> tuple[pd.DataFrame, Journeys]:
    """Second orders, by quota within each kind of repair, and a third for a few."""
    is_able = _leaves_time(world, first)
    able = first[is_able].assign(turn=kinds[is_able])
    chances = np.array([REPEAT_CHANCE[name] for name in CLAIM_KINDS])[able["turn"]]
    later = able["ordered"].to_numpy() + between(rng, 8, 23, len(able)) * world.tempo
    second, journeys = _following(world, journeys, able, chances, later)
    later = second["ordered"].to_numpy() + between(rng, 5, 14, len(second)) * world.tempo
    ends = np.array([end for _, end in world.seasons])[second["season"]]
    has_time = later < ends
    again = second[has_time].assign(turn=0)
    chances = np.full(len(again), THIRD_CHANCE)
    third, journeys = _following(world, journeys, again, chances, later[has_time])
    return pd.concat([second, third], ignore_index=True), journeys


def _following(
    world: World, journeys: Journeys, before: pd.DataFrame, chances: Floats, later: Floats
) -> tuple[pd.DataFrame, Journeys]:
    """Orders that follow others, each with the journey that led to it, if any did."""
    count = len(journeys.journeys)
    due = later.astype(np.int64)
    journeys, follows = make_returns(world, journeys, before, chances, due)
    led = journeys.conversions[journeys.conversions["journey"] >= count]
    by_customer = led.set_index(["season", "customer"])["journey"]
    rows = before.loc[follows, ["customer", "season"]].assign(ordered=due[follows])
    places = pd.MultiIndex.from_frame(rows[["season", "customer"]])
    journey = by_customer.reindex(places).fillna(-1).to_numpy(dtype=np.int64)
    return rows.assign(journey=journey, is_repeat=True), journeys


def _shops(rng: np.random.Generator, customers: pd.DataFrame, orders: pd.DataFrame) -> None:
    people = orders["customer"].to_numpy()
    shop = customers["shop"].to_numpy()[people]
    both = customers["has_both_shops"].to_numpy()[people]
    # only an order that carries no planted repair may move to the other shop
    moves = both & (orders["claim_kind"] == 0).to_numpy() & (rng.random(len(orders)) < 0.4)
    orders["shop"] = np.where(moves, 1 - shop, shop)


def _want_what_fails(world: World, orders: pd.DataFrame) -> None:
    """Some JD orders are of a crisis' product and reviewed while it lasts: its witnesses."""
    rng = world.rng("witnesses")
    is_free = (orders["journey"] < 0) & ~orders["is_repeat"] & (orders["claim_kind"] == 0)
    is_free &= (orders["wanted"] < 0) & (orders["shop"] == 0)
    day = orders["ordered"] / DAY
    for crisis in crises(world):
        is_near = (day > crisis.day - 6 * world.tempo) & (day < crisis.day + 2 * world.tempo)
        able = np.flatnonzero(is_free & is_near)
        chosen = rng.permutation(len(able))[: max(6, round(0.003 * world.customers))]
        orders.loc[able[chosen], "wanted"] = crisis.product


def _items(rng: np.random.Generator, orders: pd.DataFrame) -> pd.DataFrame:
    """Lines whose net amounts add up to the order's gross minus its discount, to the cent."""
    n = len(orders)
    lines = 1 + pick(rng, [0.76, 0.19, 0.05], n)
    row = np.repeat(np.arange(n), lines)
    line = np.arange(len(row)) - np.repeat(np.cumsum(lines) - lines, lines) + 1
    prices = np.array([p.price * 100 for p in PRODUCTS], dtype=np.int64)
    # a converted journey buys what it came for; further lines are cheap companions
    sales = np.array([p.sales for p in PRODUCTS])
    cheap = sales * (prices < 50_000)
    product = np.where(line == 1, pick(rng, sales, len(row)), pick(rng, cheap, len(row)))
    wanted = orders["wanted"].to_numpy()[row]
    product = np.where((line == 1) & (wanted >= 0), wanted, product)
    quantity = 1 + np.where(prices[product] < 50_000, pick(rng, [0.7, 0.2, 0.1], len(row)), 0)
    rate = rng.choice([0.0, 0.03, 0.05, 0.08, 0.12], n, p=[0.3, 0.2, 0.25, 0.15, 0.1])
    full = prices[product] * quantity
    net = np.rint(full * (1 - rate[row])).astype(np.int64)
    orders["gross"] = np.bincount(row, weights=full, minlength=n).astype(np.int64)
    orders["net"] = np.bincount(row, weights=net, minlength=n).astype(np.int64)
    orders["discount"] = orders["gross"] - orders["net"]
    orders["coupon"] = np.where(rate > 0.05, rng.integers(1, 30, n), 0)
    freight = np.where((line == 1) & (rng.random(len(row)) < 0.1), 1_200, 0)
    items = pd.DataFrame({"order": orders["order"].to_numpy()[row], "line": line})
    return items.assign(product=product, quantity=quantity, net=net, freight=freight)


def _fates(world: World, rng: np.random.Generator, orders: pd.DataFrame) -> None:
    """When each order is shipped, completed, cancelled or refunded; NEVER where it is not."""
    n = len(orders)
    ordered = orders["ordered"].to_numpy()
    # an order that a journey led to, or that a planted repeat rests on, keeps its money
    is_planted = (
        (orders["journey"] >= 0) | orders["is_repeat"] | (orders["claim_kind"] > 0)
    ).to_numpy()
    is_cancelled = ~is_planted & (rng.random(n) < 0.07)
    is_refunded = ~is_planted & ~is_cancelled & (rng.random(n) < 0.06)
    shipped = ordered + (between(rng, 0.3, 1.4, n) * world.tempo).astype(np.int64)
    completed = shipped + (between(rng, 1.2, 4.5, n) * world.tempo).astype(np.int64)
    refunded = completed + (between(rng, 0.5, 6, n) * world.tempo).astype(np.int64)
    cancelled = ordered + (between(rng, 0.01, 0.3, n) * world.tempo).astype(np.int64)

    def happens(mask: np.ndarray, when: np.ndarray) -> np.ndarray:
        return np.where(mask & (when < world.end), when, NEVER)

    orders["cancelled"] = happens(is_cancelled, cancelled)
    orders["shipped"] = happens(~is_cancelled, shipped)
    orders["completed"] = happens(~is_cancelled, completed)
    orders["refunded"] = happens(is_refunded, refunded)


def _refunds(world: World, rng: np.random.Generator, orders: pd.DataFrame) -> pd.DataFrame:
    """Full refunds close the order; partial ones (price protection) leave it completed."""
    full = orders.loc[orders["refunded"] != NEVER, ["order", "shop", "refunded", "net"]]
    full = full.assign(amount=full["net"], reason=pick(rng, [5, 3, 2, 1], len(full)))
    done = orders[(orders["completed"] != NEVER) & (orders["refunded"] == NEVER)]
    part = done.loc[rng.random(len(done)) < 0.03, ["order", "shop", "completed", "net"]]
    when = part["completed"] + (between(rng, 0.2, 3, len(part)) * world.tempo).astype(np.int64)
    part = part.assign(refunded=when, amount=np.maximum(part["net"] // 20, 100), reason=4)
    part = part[part["refunded"] < world.end]
    both = pd.concat([full, part], ignore_index=True)
    both = both.sort_values(["refunded", "order"], ignore_index=True)
    both["refund"] = np.arange(1, len(both) + 1, dtype=np.int64)
    return both[["refund", "order", "shop", "refunded", "amount", "reason"]]


def _claims(world: World, rng: np.random.Generator, orders: pd.DataFrame) -> pd.DataFrame:
    rows = orders[orders["claim_kind"] > 0]
    n = len(rows)
    # opened before the second order can be placed (8 days on), so that it comes after the repair
    opened = rows["ordered"].to_numpy() + (between(rng, 1.5, 5, n) * world.tempo).astype(np.int64)
    closed = opened + (between(rng, 0.3, 2.5, n) * world.tempo).astype(np.int64)
    kind = rows["claim_kind"].to_numpy()
    cost = rng.integers(30, 260, n) * 100
    frame = pd.DataFrame({"claim": np.arange(1, n + 1), "order": rows["order"].to_numpy()})
    return frame.assign(
        kind=kind,
        opened=opened,
        closed=closed,
        cost=cost,
        price=np.where(kind == 3, cost * 2, 0),
        is_in_warranty=kind == 1,
    )
