"""Served and unserved customers in simulated worlds: who has things repaired buys more often anyway."""

from __future__ import annotations

from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from tests.unit.dbt.building import Build

DAYS = 330
PURCHASES = 14
CHAIN = ("int_purchase_days", "int_repair_units", "mart_repair_repurchase")


class World(NamedTuple):
    """What the warehouse sees, and what it should find."""

    orders: pa.Table
    claims: pa.Table
    true_difference: float
    from_the_purchase_on: float


def simulate(seed: int, effect: float, window: int, customers: int = 6_000) -> World:
    """Buyers of coffee come back soon and have more repaired; everybody does the sooner the more likely.

    `effect` is the chance that a repair leads to an order in the window after it.
    """
    rng = np.random.default_rng(seed)
    is_heavy = rng.random(customers) < 0.4
    scale = np.where(is_heavy, 35, 160)[:, None]
    # Weibull with a shape below 1: the longer ago the last purchase, the less likely the next
    gaps = np.ceil(scale * rng.weibull(0.7, (customers, PURCHASES)))
    gaps[:, 0] = rng.integers(0, 100, customers)
    day = np.cumsum(gaps, axis=1)

    repaired = rng.integers(0, 2, customers)  # the first purchase or the second
    bought_on = np.take_along_axis(day, repaired[:, None], axis=1)[:, 0]
    is_claimed = rng.random(customers) < np.where(is_heavy, 0.25, 0.06)
    opened_on = bought_on + rng.integers(2, 25, customers)
    closed_on = opened_on + rng.integers(1, 6, customers)
    is_served = is_claimed & (closed_on < DAYS)
    is_watched = is_served & (closed_on + window < DAYS)

    after = day - closed_on[:, None]
    would_anyway = ((after > 0) & (after <= window)).any(axis=1)
    leads = is_watched & (rng.random(customers) < effect)
    more_on = closed_on + rng.integers(1, window + 1, customers)
    true_difference = (would_anyway | leads)[is_watched].mean() - would_anyway[is_watched].mean()

    # the mistake: like with like, but the served from their repair on, the others from their purchase on
    is_soon = day[:, 1] - day[:, 0] <= window
    others = ~is_claimed & (day[:, 0] + window < DAYS)
    rates = [is_soon[others & (is_heavy == kind)].mean() for kind in (False, True)]
    heavy_share = is_heavy[is_watched].mean()
    from_the_purchase_on = (would_anyway | leads)[is_watched].mean() - (
        rates[0] * (1 - heavy_share) + rates[1] * heavy_share
    )

    customer = np.repeat(np.arange(customers), PURCHASES)
    number = np.tile(np.arange(PURCHASES), customers)
    days = np.concatenate([day.ravel(), more_on[leads]])
    customer = np.concatenate([customer, np.flatnonzero(leads)])
    number = np.concatenate([number, np.full(leads.sum(), 99)])
    seen = days < DAYS
    category = np.where(is_heavy[customer], "coffee", "heater")
    orders = pa.table(
        {
            "customer": customer[seen],
            "number": number[seen],
            "day": days[seen].astype(np.int64),
            "category": category[seen],
        }
    )
    claimed = is_claimed & (opened_on < DAYS)
    claims = pa.table(
        {
            "customer": np.flatnonzero(claimed),
            "number": repaired[claimed],
            "bought": bought_on[claimed].astype(np.int64),
            "opened": opened_on[claimed].astype(np.int64),
            "closed": closed_on[claimed].astype(np.int64),
        }
    )
    return World(orders, claims, float(true_difference), float(from_the_purchase_on))


def found(world: World, window: int) -> dict[str, Any]:
    """The row of lifetime repairs in that window."""
    orders, claims = world.orders, world.claims
    with duckdb.connect() as connection:
        connection.register("orders", orders)
        connection.register("claims", claims)
        connection.execute(
            f"""
            create table stg_as_of as select date '2026-01-01' + {DAYS - 1} as as_of;
            create table lifecycle_rules as select 90 as from_day, 'dormant' as lifecycle_code;
            create table fct_orders as
                select 'c' || customer as customer_key, true as is_valid, 10::decimal(18, 2) as net_cny,
                    date '2026-01-01' + day::integer + interval '9 hours' as ordered_at
                from orders;
            create table fct_order_items as
                select 'c' || customer as customer_key, true as is_valid, 10::decimal(18, 2) as net_cny,
                    date '2026-01-01' + day::integer + interval '9 hours' as ordered_at,
                    category as product_key, customer || '-' || number as order_item_key
                from orders;
            create table dim_products as
                select unnest(['coffee', 'heater']) as product_key,
                    unnest(['coffee', 'heater']) as category_code;
            create table fct_warranty_claims as
                select 'c' || customer as customer_key, customer || '-' || number as order_key,
                    'lifetime' as claim_kind, 'k' || customer as claim_key,
                    date '2026-01-01' + bought::integer + interval '9 hours' as ordered_at,
                    date '2026-01-01' + opened::integer + interval '9 hours' as opened_at,
                    case when closed < {DAYS}
                        then date '2026-01-01' + closed::integer + interval '9 hours' end as closed_at
                from claims;
            """
        )
        Build(connection, repair_repurchase_windows_days=[window]).run(*CHAIN)
        ((rows, keys),) = connection.sql(
            "select count(*), count(distinct (customer_key, is_treated)) from int_repair_units"
        ).fetchall()
        assert rows == keys
        (row,) = (
            connection.sql("select * from mart_repair_repurchase where claim_kind = 'lifetime'")
            .to_arrow_table()
            .to_pylist()
        )
        return dict(row)


@pytest.mark.parametrize("effect", [0.0, 0.2])
def test_the_planted_uplift_is_found_where_naive_differences_are_wrong(effect: float) -> None:
    window = 30
    world = simulate(11, effect, window)
    row = found(world, window)
    assert row["served_count"] > 400
    assert row["unmatched_served_count"] < 0.05 * row["served_count"]
    assert row["difference_low"] < world.true_difference < row["difference_high"]
    assert row["difference"] == pytest.approx(world.true_difference, abs=0.04)
    # without matching, the heavy buyers' habits are taken for the repair's doing ...
    assert row["crude_difference"] > world.true_difference + 0.05
    # ... and with the others watched from their purchase on, when they are likeliest to buy, a repair would put off
    assert world.from_the_purchase_on < world.true_difference - 0.05
    if effect == 0:
        assert row["difference_low"] < 0 < row["difference_high"]
    else:
        assert row["difference_low"] > 0
    assert row["relative_difference"] == pytest.approx(
        row["served_repurchase_rate"] / row["matched_unserved_repurchase_rate"] - 1
    )
