"""Moves between stages, and what each stage should get: worked cases, and the matrix against replayed history."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from tests.unit.dbt.building import Build
from tests.unit.dbt.segment_world import Deed, Replay, World, built, drawn_world, seed_rows


def rows(db: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = db.execute(query)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


# ---------------------------------------------------------------- moves


@pytest.fixture(scope="module")
def drawn() -> tuple[World, duckdb.DuckDBPyConnection]:
    world = drawn_world(11, customers=25)
    return world, built(world)


def test_the_matrix_counts_the_moves_of_the_replayed_history(
    drawn: tuple[World, duckdb.DuckDBPyConnection],
) -> None:
    world, db = drawn
    Build(db, small_cell_minimum=1, stage_transition_months=6).run("mart_stage_transitions")
    replay = Replay(world)
    stages = {
        rule["rule_code"]: rule["lifecycle_code"] for rule in seed_rows("lifecycle_rules")
    } | {rule["rule_code"]: rule["advocacy_code"] for rule in seed_rows("advocacy_rules")}
    expected: Counter[tuple[str, date, str, str]] = Counter()
    month = world.as_of.replace(day=1)
    for _ in range(6):
        end = min((month + timedelta(days=32)).replace(day=1) - timedelta(days=1), world.as_of)
        for customer in world.customers:
            before = replay.state(customer, month - timedelta(days=1))
            after = replay.state(customer, end)
            for place, ladder in enumerate(("lifecycle", "advocacy")):
                if after:
                    came_from = stages[before[place]] if before else "newly_known"
                    expected[ladder, month, came_from, stages[after[place]]] += 1
        month = (month - timedelta(days=1)).replace(day=1)
    found = rows(db, "select * from mart_stage_transitions")
    keys = ("ladder_code", "month_start", "from_code", "to_code")
    assert {tuple(row[k] for k in keys): row["customer_count"] for row in found} == expected
    totals: Counter[tuple[str, date, str]] = Counter()
    for (ladder, start, came_from, _), count in expected.items():
        totals[ladder, start, came_from] += count
    for row in found:
        total = totals[row["ladder_code"], row["month_start"], row["from_code"]]
        assert row["from_customer_count"] == total
        assert row["transition_share"] == row["customer_count"] / total
        assert row["is_complete"] == (row["month_start"] < world.as_of.replace(day=1))


def test_cells_of_few_people_are_withheld_and_none_stands_alone(
    drawn: tuple[World, duckdb.DuckDBPyConnection],
) -> None:
    _, db = drawn
    Build(db).run("mart_stage_transitions")
    found = rows(db, "select * from mart_stage_transitions")
    withheld = [row for row in found if row["is_suppressed"]]
    assert withheld
    assert all(row["customer_count"] is row["transition_share"] is None for row in withheld)
    assert all(row["customer_count"] >= 5 for row in found if not row["is_suppressed"])
    alone = rows(
        db,
        "select 1 from mart_stage_transitions where from_customer_count is not null "
        "group by ladder_code, month_start, from_code having count(*) filter (where is_suppressed) = 1 and count(*) > 1",
    )
    assert alone == []


# ---------------------------------------------------------------- offers

GRANTED = datetime(2026, 1, 7, 9)


def offers_of(grants: list[tuple[str, str, datetime, bool]], *deeds: Deed) -> list[dict[str, Any]]:
    """The mart over first orders and what follows them, with grants of (customer, programme, day, claimed)."""
    db = built(World(deeds, date(2026, 3, 15), {f"p{n}": date(2026, 1, 1) for n in range(6)}))
    db.execute(
        "create table stg_incentives (record_key varchar, program_code varchar, customer_ref varchar, "
        "offered_at timestamp, claimed_at timestamp, reward_cny decimal(18, 2))"
    )
    db.executemany(
        "insert into stg_incentives values (?, ?, ?, ?, ?, 20)",
        [
            (f"g{n:03}", programme, f"n:{customer}", at, at + timedelta(days=1) if claimed else None)
            for n, (customer, programme, at, claimed) in enumerate(grants)
        ],
    )  # fmt: skip
    models = ("int_stage_grants", "int_stage_offer_stays", "mart_stage_offers")
    Build(db, matched_fewest=5).run(*models)
    return rows(db, "select * from mart_stage_offers order by all")


@pytest.fixture(scope="module")
def welcome() -> list[dict[str, Any]]:
    """Twenty new customers of 5 January: ten are given the pack two days later, six claim it, five buy again."""
    given, untouched = [f"g{n}" for n in range(10)], [f"u{n}" for n in range(10)]
    first = [Deed("order", c, datetime(2026, 1, 5, 8), Decimal(10)) for c in given + untouched]
    again = [
        Deed("order", c, datetime(2026, 1, 10 + n, 8), Decimal(10))
        for n, c in enumerate([*given[:5], *untouched[:2]])
    ]
    # had left the stage when others were given the pack: nobody to compare them with
    left = Deed("order", "u9", datetime(2026, 1, 6, 8), Decimal(10))
    # too late for the window of 30 days
    late = Deed("order", "u8", datetime(2026, 2, 7, 8), Decimal(10))
    grants = [(c, "WELCOME_PACK", GRANTED, n < 6) for n, c in enumerate(given)]
    # again, in time, to nobody known, and to people who have not bought
    grants += [("g0", "WELCOME_PACK", GRANTED + timedelta(days=1), True)]
    grants += [(f"p{n}", "WELCOME_PACK", GRANTED, n < 3) for n in range(6)]
    grants += [("nobody", "WELCOME_PACK", GRANTED, False), ("g0", "REVIEW_REWARD", GRANTED, True)]
    return offers_of(grants, *first, *again, left, late)


def of_stage(found: list[dict[str, Any]], offer: str, stage: str, kind: str) -> dict[str, Any]:
    (row,) = [
        row
        for row in found
        if (row["offer_code"], row["lifecycle_code"], row["period_kind"]) == (offer, stage, kind)
        and row["month_start"] == date(2026, 1, 1)
    ]
    return row


@pytest.mark.parametrize("kind", ["month", "all"])
def test_the_given_are_compared_with_those_still_in_the_stage_that_day(
    welcome: list[dict[str, Any]], kind: str
) -> None:
    row = of_stage(welcome, "welcome_pack", "new", kind)
    counts = {name: value for name, value in row.items() if name.endswith("_count")}
    assert counts == {
        "customer_count": 20, "due_count": 20, "pending_count": 0, "given_count": 10, "given_in_time_count": 10,
        "repeated_count": 1, "wrong_stage_count": 0, "claimed_count": 6, "watched_given_count": 10,
        "untouched_count": 9,
    }  # fmt: skip
    assert row["take_up_rate"] == 0.6
    assert row["given_share"] == 0.5
    assert row["mean_days_to_grant"] == 2
    assert row["bought_rate"] == 0.5
    assert row["untouched_bought_rate"] == pytest.approx(2 / 9, abs=1e-8)
    assert row["difference_low"] < row["difference"] == pytest.approx(0.5 - 2 / 9, abs=1e-7)
    # six claims, and the second pack of the one who had it
    assert row["claimed_reward_cny"] == 7 * 20


def test_what_a_wrong_stage_was_given_is_counted_by_stage_and_the_unknown_apart(
    welcome: list[dict[str, Any]],
) -> None:
    row = of_stage(welcome, "welcome_pack", "prospect", "month")
    assert not row["is_right_stage"]
    assert (row["wrong_stage_count"], row["claimed_count"], row["due_count"]) == (6, 3, 0)
    assert row["bought_rate"] is None
    unknown = of_stage(welcome, "welcome_pack", "unknown", "month")
    assert unknown["is_suppressed"]
    assert unknown["customer_count"] is unknown["wrong_stage_count"] is None


def test_who_is_in_time_is_pending_and_who_is_not_was_missed() -> None:
    customers = [f"c{n}" for n in range(12)]
    # the welcome pack is due within seven days: half of them entered nine days before as_of, half three
    deeds = [
        Deed("order", c, datetime(2026, 3, 6 if n < 6 else 12, 8), Decimal(10))
        for n, c in enumerate(customers)
    ]
    # something else is no welcome
    found = offers_of([("c0", "REVIEW_REWARD", datetime(2026, 3, 7), True)], *deeds)
    row = next(
        row
        for row in found
        if row["offer_code"] == "welcome_pack" and row["period_kind"] == "month"
    )
    assert (row["due_count"], row["pending_count"], row["given_count"]) == (12, 6, 0)
    assert row["given_share"] == 0
    assert row["take_up_rate"] is None
