"""The points ledger: who used what, first expiring first out, and two books that agree."""

from __future__ import annotations

import heapq
import random
from collections import defaultdict
from datetime import date, timedelta

import duckdb
import pytest

from tests.unit.dbt.building import Build
from tests.unit.dbt.points_world import Entry, points_world, rows


def computed(entries: list[Entry]) -> dict[tuple[str, str], int]:
    """What each taking entry took of each giving one, entry by entry with a heap per account."""
    stock: dict[str | None, list[tuple[str, int, str]]] = defaultdict(list)
    left: dict[str, int] = {}
    used: dict[tuple[str, str], int] = defaultdict(int)
    ordered = sorted(entries, key=lambda e: (e.at, e.delta <= 0, e.key))
    for number, entry in enumerate(ordered):
        if entry.delta > 0:
            left[entry.key] = entry.delta
            place = (entry.expires or "9999", number, entry.key)
            heapq.heappush(stock[entry.account], place)
            continue
        wanted, heap = -entry.delta, stock[entry.account]
        while wanted and heap:
            lot = heap[0][2]
            taken = min(wanted, left[lot])
            used[entry.key, lot] += taken
            left[lot] -= taken
            wanted -= taken
            if not left[lot]:
                heapq.heappop(heap)
    return dict(used)


def by_chance(seed: int) -> list[Entry]:
    """Accounts with few and many entries, expiries in any order, some overdrawn, some at once."""
    draw = random.Random(seed)
    start = date(2026, 8, 1)
    entries = []
    for number in range(300):
        at = start + timedelta(days=draw.randrange(80))
        expires = draw.choice([None, at + timedelta(days=draw.choice([5, 20, 60, 200]))])
        is_gain = draw.random() < 0.6
        entries.append(
            Entry(
                key=f"e{number:03d}",
                account=f"a{draw.randrange(12)}",
                at=f"{at} 10:00:00",
                delta=draw.randint(1, 50) * (1 if is_gain else -1),
                reason=draw.choice(["purchase", "review"] if is_gain else ["redeem", "expire"]),
                expires=str(expires) if is_gain and expires else None,
            )
        )
    return entries


@pytest.mark.parametrize("seed", range(3))
def test_every_point_taken_is_the_first_to_expire_as_computed_entry_by_entry(seed: int) -> None:
    entries = by_chance(seed)
    world = points_world(entries)
    found = {
        (row["entry_key"], row["issue_key"]): row["point_count"]
        for row in rows(world, "from int_point_uses")
    }
    assert found == computed(entries)
    for row in rows(world, "from mart_points_ledger"):
        assert row["difference_points"] == row["account_difference_points"] == 0


LEDGER = [
    Entry("e1", "ann", "2026-08-01 10:00:00", 100, "purchase", "2026-12-31"),
    # expires before the first, though given after it
    Entry("e2", "ann", "2026-08-02 10:00:00", 50, "review", "2026-09-30"),
    Entry("e3", "ann", "2026-08-20 10:00:00", -30, "redemption"),
    Entry("e4", "ann", "2026-10-01 00:00:00", -20, "expiry"),
    Entry("e5", "ann", "2026-10-02 10:00:00", -10, "redemption"),
    # a redemption beyond the balance, and points that come after it
    Entry("e6", "bob", "2026-08-05 10:00:00", 40, "purchase", "2026-10-31"),
    Entry("e7", "bob", "2026-09-05 10:00:00", -60, "redemption"),
    Entry("e8", "bob", "2026-09-06 10:00:00", 15, "purchase", "2026-10-31"),
    # nobody has reported its expiry
    Entry("e9", "cid", "2026-08-05 10:00:00", 70, "check_in", "2026-10-30"),
    Entry("f1", "cid", "2026-08-05 10:00:00", 70, "check_in", "2026-10-30"),
    Entry("f2", "dee", "2026-09-05 10:00:00", 5, "gift_of_the_day"),
    Entry("f3", None, "2026-09-05 10:00:00", 33, "purchase", "2026-12-31"),
    # not yet
    Entry("f4", "dee", "2026-11-02 10:00:00", -5, "redemption"),
]


def test_the_ledger_by_hand() -> None:
    world = points_world(LEDGER)
    ledger = {
        (row["period_kind"], str(row["month_start"])): row
        for row in rows(world, "from mart_points_ledger")
    }
    names = ("opening", "issued", "redeemed", "expired", "adjusted", "closing")
    moved = {key: tuple(row[f"{name}_points"] for name in names) for key, row in ledger.items()}
    assert moved == {
        ("month", "2026-08-01"): (0, 330, 30, 0, 0, 300),
        ("month", "2026-09-01"): (300, 48, 60, 0, 5, 293),
        ("month", "2026-10-01"): (293, 0, 10, 20, 0, 263),
        ("all", "2026-08-01"): (0, 378, 100, 20, 5, 263),
    }
    total = ledger["all", "2026-08-01"]
    # ann 90, bob 15, cid 140, dee 5 are held; bob took 20 that he had not; 33 belong to no member
    assert total["open_points"] == 250
    assert (total["uncovered_points"], total["anonymous_points"]) == (20, 33)
    # bob's 15 had their last day on as_of, cid's the day before
    assert total["due_expiry_points"] == 155
    assert total["liability_points"] == 95
    assert float(total["liability_cny"]) == 0.95
    # at the end of September ann's 20 had run out, and were booked the day after
    assert ledger["month", "2026-09-01"]["due_expiry_points"] == 20
    # of August's issues all but ann's 100 have matured: 50 + 40 + 140, of which 20 and 140 were lost
    august = ledger["month", "2026-08-01"]
    assert (august["matured_points"], august["matured_expired_points"]) == (230, 20)
    assert august["breakage_rate"] == pytest.approx(160 / 230, abs=1e-6)
    assert all(row["account_difference_points"] == 0 for row in ledger.values())


def test_what_is_wrong_names_the_entry_that_did_it() -> None:
    found = rows(points_world(LEDGER), "from mart_points_exceptions order by entry_key")
    assert [(r["entry_key"], r["exception_code"], r["affected_points"]) for r in found] == [
        ("e7", "negative_balance", 20),
        ("f1", "booked_twice", 70),
        ("f2", "unknown_reason", 5),
    ]
    (negative,) = [row for row in found if row["exception_code"] == "negative_balance"]
    assert (negative["balance_before_points"], negative["balance_points"]) == (40, -20)


def test_an_order_soon_after_a_redemption_is_what_it_was_for() -> None:
    orders = [
        ("o1", "ann", "2026-08-20 09:00:00"),
        ("o2", "ann", "2026-08-22 09:00:00"),
        ("o3", "ann", "2026-08-23 09:00:00"),
        ("o4", "ann", "2026-10-09 10:00:00"),
    ]
    found = rows(points_world(LEDGER, orders), "from fct_points where kind_code = 'redeemed'")
    redemptions = {row["entry_key"]: row for row in found}
    # the seven days end at the same time of day
    assert redemptions["e3"]["order_key"] == "o2"
    assert redemptions["e5"]["order_key"] is redemptions["e7"]["order_key"] is None
    assert [redemptions[key]["review_points"] for key in ("e3", "e5")] == [30, 0]


def test_a_night_gives_the_uses_of_a_full_build() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        connection.execute("create table raw.builds (load_id bigint)")
        connection.execute(
            "create table raw.points (record_key varchar, customer_ref varchar, occurred_at"
            " timestamp, point_delta bigint, reason_code varchar, expires_on date, load_id bigint,"
            " superseded_load_id bigint, channel_code varchar default 'crm', entry_ref varchar,"
            " export_date date default date '2026-10-01', delivery_seq bigint default 1,"
            " row_number bigint default 1, file_id varchar default 'f')"
        )

        def land(load: int, entries: list[Entry]) -> None:
            """Land entries as one load; a standing row of the same key is superseded."""
            for e in entries:
                connection.execute(
                    "update raw.points set superseded_load_id = ? where record_key = ?",
                    [load, e.key],
                )
                connection.execute(
                    "insert into raw.points (record_key, customer_ref, occurred_at, point_delta,"
                    " reason_code, expires_on, load_id) values (?, ?, ?, ?, ?, ?, ?)",
                    [e.key, e.account, e.at, e.delta, e.reason, e.expires, load],
                )

        build = Build(connection)
        land(1, [e for e in LEDGER if e.key not in ("e2", "e6")])
        build.run("stg_points", "int_point_uses")
        connection.execute("insert into raw.builds values (1)")
        # late points that were there before what took others; a redemption that was somebody else's
        moved = Entry("e7", "cid", "2026-09-05 10:00:00", -60, "redemption")
        land(2, [e for e in LEDGER if e.key in ("e2", "e6")] + [moved])
        build.run("stg_points", "int_point_uses", incremental=True)
        query = "from int_point_uses order by all"
        night = connection.sql(query).fetchall()
        build.run("stg_points", "int_point_uses")
        assert night == connection.sql(query).fetchall()
        assert {row[1] for row in night if row[0] == "cid"} == {"e7"}
