"""From public to private, what joiners do before and after, and how active the groups are: worked cases."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pytest
from scipy import stats

from tests.unit.dbt.building import Build

TABLES = {
    "dim_customers": "customer_key varchar, is_registered boolean, private_domain_joined_at timestamp",
    "fct_touchpoints": "touch_key varchar, customer_key varchar, strategy_code varchar,"
    " touched_at timestamp, domain_code varchar, excluded_code varchar",
    "int_customer_acquisition": "customer_key varchar, acquisition_strategy_code varchar,"
    " first_order_at timestamp",
    "strategies": "strategy_code varchar, domain_code varchar",
    "fct_orders": "customer_key varchar, ordered_at timestamp, is_valid boolean",
    "stg_community_activity": "customer_ref varchar, active_on date, community_ref varchar,"
    " post_count bigint, event_ref varchar",
}
MARTS = ("mart_public_to_private", "mart_private_domain", "mart_community")
World = dict[str, list[tuple[object, ...]]]


def built(world: World, **variables: object) -> dict[str, list[dict[str, Any]]]:
    """The three marts of a hand-made world whose data run through 31 October."""
    with duckdb.connect() as connection:
        connection.execute(
            "create table stg_as_of as select date '2026-10-31' as as_of,"
            " timestamp '2026-11-01' as as_of_end_at"
        )
        connection.execute(
            "create schema raw; create table raw.files as "
            "select date '2026-08-15' as export_date, 'landed' as outcome"
        )
        for table, columns in TABLES.items():
            connection.execute(f"create table {table} ({columns})")
            for row in world.get(table, []):
                marks = ", ".join("?" * len(row))
                connection.execute(f"insert into {table} values ({marks})", row)
        connection.execute(
            "create table int_customer_identities as "
            "select customer_key as node, customer_key from dim_customers"
        )
        Build(connection, **{"small_cell_minimum": 1, **variables}).run(*MARTS)
        return {m: connection.sql(f"from {m}").to_arrow_table().to_pylist() for m in MARTS}


def touch(number: int, who: str, at: str, **other: str) -> tuple[object, ...]:
    """A public touch that counts, unless a test says otherwise."""
    row = {"strategy": "koc", "domain": "public", "excluded": None, **other}
    return (f"t{number}", who, row["strategy"], at, row["domain"], row["excluded"])


def test_who_is_reached_in_public_joins_within_thirty_days_or_not() -> None:
    world: World = {
        "strategies": [("koc", "public"), ("referral", "private")],
        "dim_customers": [
            ("in_time", True, "2026-09-30 23:00:00"),
            ("late", True, "2026-10-02 00:00:00"),
            ("never", True, None),
            ("visitor", False, None),
            ("already", True, "2026-01-01 00:00:00"),
            ("young", True, "2026-10-21 00:00:00"),
        ],
        "fct_touchpoints": [
            touch(1, "in_time", "2026-09-01 00:00:00"),
            touch(2, "in_time", "2026-10-01 00:00:00", strategy="kol"),
            touch(3, "late", "2026-09-02 00:00:00", strategy="kol"),
            # a robot's and a private one are no reach
            touch(4, "never", "2026-08-02 00:00:00", excluded="bot"),
            touch(5, "never", "2026-08-03 00:00:00", domain="private"),
            touch(6, "never", "2026-09-03 00:00:00"),
            touch(7, "visitor", "2026-09-03 00:00:00"),
            touch(8, "already", "2026-09-03 00:00:00"),
            touch(9, "young", "2026-10-20 00:00:00"),
        ],
        "int_customer_acquisition": [
            ("late", "koc", "2026-09-20 00:00:00"),
            ("never", "referral", "2026-09-20 00:00:00"),
        ],
    }
    rows = {
        (row["population_code"], str(row["month_start"])[5:7], row["source_code"]): row
        for row in built(world)["mart_public_to_private"]
    }
    total = rows["reached", "09", "all"]
    assert (total["customer_count"], total["already_joined_count"]) == (4, 1)
    assert (total["joined_count"], total["followed_joined_count"]) == (2, 1)
    assert total["conversion_rate"] == 0.25
    assert total["member_conversion_rate"] == pytest.approx(1 / 3, abs=1e-6)
    assert rows["reached", "09", "koc"]["conversion_rate"] == pytest.approx(1 / 3, abs=1e-6)
    assert rows["reached", "09", "kol"]["conversion_rate"] == 0
    # twelve days are not thirty
    assert rows["reached", "10", "all"]["joined_count"] == 1
    assert rows["reached", "10", "all"]["conversion_rate"] is None
    assert {key for key in rows if key[0] == "acquired"} == {
        ("acquired", "09", "koc"),
        ("acquired", "09", "all"),
    }
    assert rows["acquired", "09", "all"]["conversion_rate"] == 1


def test_joiners_are_compared_with_themselves_and_followed_to_day_thirty() -> None:
    joined = "2026-09-15 12:00:00"
    before, after = "2026-09-01 13:00:00", "2026-09-29 11:59:59"
    world: World = {
        "dim_customers": [
            *[(name, True, joined) for name in ("a", "b", "c", "d", "e", "f")],
            ("z", True, "2026-10-02 00:00:00"),
            # nobody had reported all orders then
            ("y", True, "2026-08-10 00:00:00"),
        ],
        "fct_touchpoints": [
            touch(1, "a", "2026-09-10 00:00:00"),
            touch(2, "a", "2026-09-20 00:00:00", strategy="kol"),
        ],
        "fct_orders": [
            ("x", "2026-08-01 00:00:00", True),
            ("a", before, True),
            ("b", before, True),
            *[(name, after, True) for name in ("b", "c", "d", "e")],
            # a day too late, and cancelled
            ("f", "2026-09-29 12:00:00", True),
            ("f", after, False),
        ],
        "stg_community_activity": [
            ("x", "2026-09-01", "g", 1, None),
            ("a", "2026-09-15", "g", 1, None),  # the day of joining is day 0
            ("b", "2026-10-15", "g", 1, None),  # day 30
            ("c", "2026-10-16", "g", 1, None),
            ("d", "2026-09-16", "g", 1, None),
            ("e", "2026-10-25", "g", 1, None),
        ],
    }
    rows = {
        (row["period_kind"], str(row["month_start"])[5:7], row["source_code"]): row
        for row in built(world)["mart_private_domain"]
    }
    row = rows["month", "09", "all"]
    assert (row["joined_count"], row["compared_count"]) == (6, 6)
    bought = np.array([[1, 0], [1, 1], [0, 1], [0, 1], [0, 1], [0, 0]])
    expected = stats.ttest_rel(bought[:, 1], bought[:, 0]).confidence_interval()
    assert row["purchase_rate_before"] == pytest.approx(2 / 6, abs=1e-6)
    assert row["purchase_rate"] == row["purchase_rate_after"] == pytest.approx(4 / 6, abs=1e-6)
    assert row["purchase_rate_change_low"] == pytest.approx(expected.low, abs=1e-3)
    assert row["purchase_rate_change_high"] == pytest.approx(expected.high, abs=1e-3)
    assert row["relative_change"] == 1
    assert (row["day_30_count"], row["active_1_30_count"]) == (6, 2)
    assert row["d30_retention_rate"] == pytest.approx(1 / 6, abs=1e-6)
    assert row["d30_window_rate"] == pytest.approx(2 / 6, abs=1e-6)
    assert row["d30_rolling_rate"] == pytest.approx(3 / 6, abs=1e-6)
    # day 30 of who joined on 2 October is 1 November
    young = rows["month", "10", "all"]
    assert (young["joined_count"], young["followed_count"], young["day_30_count"]) == (1, 1, 0)
    assert young["d30_retention_rate"] is young["d30_rolling_rate"] is None
    assert rows["month", "09", "koc"]["joined_count"] == 1
    assert rows["all", "08", "all"]["joined_count"] == 8
    assert rows["month", "08", "all"]["purchase_rate"] is None
    # who came by a source alone could be found in its row
    hidden = built(world, small_cell_minimum=5)["mart_private_domain"]
    (koc,) = [row for row in hidden if (row["period_kind"], row["source_code"]) == ("all", "koc")]
    assert koc["is_suppressed"]
    assert koc["joined_count"] is koc["purchase_rate"] is None


def test_the_groups_are_measured_by_the_members_they_could_have() -> None:
    world: World = {
        "dim_customers": [
            *[(name, True, "2026-08-01 00:00:00") for name in ("a", "b", "c", "d")],
            ("new", True, "2026-10-14 00:00:00"),
            ("guest", False, None),
        ],
        "stg_community_activity": [
            ("a", "2026-09-28", "g1", 2, "E1"),  # a Monday
            ("a", "2026-10-05", "g1", 3, None),
            ("a", "2026-10-06", "g2", 1, "E2"),
            ("b", "2026-10-06", "g1", 0, "E2"),
            ("guest", "2026-10-06", "g1", 5, "E2"),
            (None, "2026-10-07", "g1", 7, None),
            ("a", "2026-11-03", "g1", 9, None),
        ],
    }
    rows = {
        (row["period_kind"], str(row["period_start"])): row
        for row in built(world)["mart_community"]
    }
    week = rows["week", "2026-10-05"]
    assert (week["member_count"], week["active_member_count"]) == (4, 2)
    assert week["active_rate"] == 0.5
    # three member-days in seven
    assert week["mean_daily_active"] == pytest.approx(3 / 7, abs=1e-4)
    assert week["stickiness"] == pytest.approx(3 / 14, abs=1e-6)
    assert (week["participant_count"], week["event_count"]) == (2, 1)
    # what nobody said any more was said all the same
    assert (week["other_active_count"], week["post_count"]) == (1, 16)
    month = rows["month", "2026-10-01"]
    assert (month["member_count"], month["active_rate"], month["is_complete"]) == (5, 0.4, True)
    assert not rows["month", "2026-09-01"]["is_complete"]
    assert rows["week", "2026-09-28"]["is_complete"]
    assert not rows["week", "2026-10-26"]["is_complete"]
    assert max(start for _, start in rows) == "2026-10-26"
