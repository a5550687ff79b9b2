"""The history of segments: worked cases, and properties that hold for any world of customers."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.unit.dbt.segment_world import Deed, Replay, World, built, drawn_world, seed_rows

# a world is known by its seed: a smaller seed is no simpler world
SOME = settings(max_examples=2, deadline=None, derandomize=True, phases=[Phase.generate])
SEEDS = st.integers(0, 10**6)
STATE = "lifecycle_rule_code, advocacy_rule_code, rfm_code"


def order(customer: str, on: str, cny: int = 10, **named: Any) -> Deed:
    return Deed("order", customer, datetime.fromisoformat(f"{on} 10:00:00"), Decimal(cny), **named)


def rows(db: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return db.execute(query).fetchall()


@cache
def world_and_history(seed: int) -> tuple[World, duckdb.DuckDBPyConnection]:
    """A drawn world and its segments, that several properties start from."""
    world = drawn_world(seed)
    return world, built(world)


# ---------------------------------------------------------------- worked cases


def test_a_buyer_ages_by_the_rules_and_comes_back() -> None:
    voice = Deed("voice", "c1", datetime(2026, 7, 25, 9))
    world = World(
        (order("c1", "2026-01-01"), order("c1", "2026-07-20"), voice),
        date(2026, 12, 31),
        {"c1": date(2025, 12, 20), "c2": None},
        started_on=date(2025, 12, 1),
    )
    history = rows(
        built(world),
        "select customer_key, valid_from::text, lifecycle_rule_code, previous_lifecycle_code, advocacy_rule_code "
        "from customer_segments qualify row(lifecycle_rule_code, advocacy_rule_code) is distinct from "
        "lag(row(lifecycle_rule_code, advocacy_rule_code)) over (partition by customer_key order by valid_from) "
        "order by all",
    )
    # 1 January + 30, 45, 90, 180 days; 20 July + 45, 90 days; + 180 days lies beyond as_of
    assert history == [
        ("c1", "2025-12-20", "no_purchase", None, "no_deed"),
        ("c1", "2026-01-01", "first_new", "prospect", "first_purchase"),
        ("c1", "2026-01-31", "first_active", "new", "first_purchase"),
        ("c1", "2026-02-15", "first_at_risk", "active", "first_purchase"),
        ("c1", "2026-04-01", "first_dormant", "at_risk", "first_purchase"),
        ("c1", "2026-06-30", "first_lost", "dormant", "first_purchase"),
        ("c1", "2026-07-20", "return_won_back", "lost", "second_purchase_day"),
        ("c1", "2026-07-25", "return_won_back", "won_back", "first_voice"),
        ("c1", "2026-09-03", "return_at_risk", "won_back", "first_voice"),
        ("c1", "2026-10-18", "return_dormant", "at_risk", "first_voice"),
        # nothing dated names them: known since the data begin
        ("c2", "2025-12-01", "no_purchase", None, "no_deed"),
    ]


def test_the_borders_of_a_month_rest_on_what_happened_before_it() -> None:
    refund = Deed("refund", "c5", datetime(2026, 10, 25), Decimal(10))
    world = World(
        (
            order("c1", "2026-10-31", 10), order("c2", "2026-10-30", 20), order("c3", "2026-10-29", 30),
            order("c4", "2026-10-28", 40), order("c5", "2026-10-20", 30), order("c5", "2026-10-22", 30), refund,
            # the first of November is November's
            order("c5", "2026-11-01", 999),
        ),
        date(2026, 11, 20),
    )  # fmt: skip
    # recency 1, 2, 3, 4, 10 days; frequency 1, 1, 1, 1, 2; value 10, 20, 30, 40, 50
    expected = [5, *(1, 2, 3, 4), *(1, 1, 1, 1), *(10, 20, 30, 40)]
    found = rows(built(world), "select * from int_rfm_cut_points")
    assert found == [(date(2026, 11, 1), *expected)]


def test_scores_move_at_purchases_borders_of_recency_and_months_only() -> None:
    """Bought on 20 February and 20 March; the month's borders come from four others, who bought long before."""
    others = [
        order(f"o{n}", f"2026-02-{day:02}", cny)
        for n, (day, cny) in enumerate([(24, 50), (19, 90), (9, 100), (1, 200)])
    ]
    back = Deed("refund", "c1", datetime(2026, 3, 28), Decimal(60))
    mine = [order("c1", "2026-02-20", 100), order("c1", "2026-03-20", 150), back]
    db = built(World((*others, *mine), date(2026, 3, 31)))
    [cuts] = rows(db, "select * exclude (month_start, buyer_count) from int_rfm_cut_points")
    assert cuts == (5, 9, 10, 20, 1, 1, 1, 1, 50, 90, 100, 100)
    history = rows(
        db,
        "select valid_from::text, rfm_code, rfm_segment_code from customer_segments "
        "where customer_key = 'c1' order by all",
    )
    assert [row[:2] for row in history if row[1]] == [
        # 9 days: one border passed; 1 purchase equals the borders, so the lowest; 100 equals the third border
        ("2026-03-01", "413"),
        ("2026-03-02", "313"),
        ("2026-03-03", "213"),
        ("2026-03-13", "113"),
        # 2 purchases, 250 yuan
        ("2026-03-20", "555"),
        ("2026-03-26", "455"),
        # 190 yuan after the refund are still above the last border, so nothing moves on the 28th
        ("2026-03-30", "355"),
        ("2026-03-31", "255"),
    ]
    assert history[-1][2] == "important_keep"


# ---------------------------------------------------------------- the ladder


def test_of_two_rules_for_a_rung_the_one_met_first_is_named() -> None:
    at = datetime(2026, 3, 1, 9)
    praises = [Deed("voice", "c1", at + timedelta(days=day)) for day in (0, 9)]
    answers = [Deed("answer", "c1", at + timedelta(days=20)), Deed("answer", "c2", at)]
    later = Deed("voice", "c2", at + timedelta(days=1)), Deed("voice", "c2", at + timedelta(days=2))
    db = built(World((*praises, *answers, *later), date(2026, 4, 1)))
    found = rows(
        db,
        "select customer_key, advocacy_rule_code, valid_from::text from customer_segments order by all",
    )
    assert found == [
        ("c1", "first_voice", "2026-03-01"),
        ("c1", "two_praises", "2026-03-10"),
        ("c2", "promoter_answer", "2026-03-01"),
    ]


# ---------------------------------------------------------------- properties


def as_of_join(db: duckdb.DuckDBPyConnection, day: date) -> dict[str, tuple[Any, ...]]:
    """What an analyst asks: everybody's state of a day."""
    found = rows(
        db,
        f"select customer_key, {STATE} from customer_segments "
        f"where valid_from <= '{day}' and (valid_to > '{day}' or valid_to is null)",
    )
    assert len({key for key, *_ in found}) == len(found), "two states on one day"
    return {key: tuple(state) for key, *state in found}


@SOME
@given(SEEDS)
def test_the_state_of_any_day_is_that_of_the_replayed_history(seed: int) -> None:
    world, db = world_and_history(seed)
    replay = Replay(world)
    for number in range(0, (world.as_of - world.started_on).days + 1, 3):
        day = world.started_on + timedelta(days=number)
        expected = {
            c: state for c in world.customers if (state := replay.state(c, day)) is not None
        }
        assert as_of_join(db, day) == expected, day


@SOME
@given(SEEDS)
def test_periods_leave_no_gap_do_not_overlap_and_differ_from_the_one_before(seed: int) -> None:
    world, db = world_and_history(seed)
    periods = defaultdict(list)
    for key, *period in rows(
        db,
        f"select customer_key, valid_from, valid_to, {STATE} from customer_segments order by all",
    ):
        periods[key].append(period)
    assert sorted(periods) == world.customers
    for history in periods.values():
        assert [period[1] for period in history[:-1]] == [period[0] for period in history[1:]]
        assert history[-1][1] is None
        assert all(begins < ends for begins, ends, *_ in history[:-1])
        assert all(a[2:] != b[2:] for a, b in pairwise(history))


@SOME
@given(SEEDS, st.integers(40, 399))
def test_later_facts_leave_the_past_as_it_was(seed: int, number: int) -> None:
    world, db = world_and_history(seed)
    day = world.started_on + timedelta(days=number)
    then = built(world.until(day))
    history = (
        f"select customer_key, valid_from, {STATE} from customer_segments where valid_from <= '{day}' order by all"
    )  # fmt: skip
    known = {row[0] for row in rows(then, history)}
    assert rows(then, history) == [row for row in rows(db, history) if row[0] in known]


@SOME
@given(SEEDS)
def test_cut_points_hold_for_their_month_and_stays_for_their_stage(seed: int) -> None:
    _, db = world_and_history(seed)
    # a frequency or value score moves on a day of deeds or with the month alone
    moved = rows(
        db,
        "select customer_key, valid_from from (select *, lag(frequency_score * 10 + monetary_score) over w as before "
        "from customer_segments window w as (partition by customer_key order by valid_from)) "
        "where before is distinct from frequency_score * 10 + monetary_score and rfm_code is not null "
        "and day(valid_from) <> 1 except select customer_key, happened_on from int_customer_money_days",
    )
    assert moved == []
    stays = rows(
        db,
        "select count(*) from customer_segments as s inner join int_stage_stays as t on s.customer_key = t.customer_key "
        "and s.valid_from >= t.began_on and (s.valid_from < t.ended_on or t.ended_on is null) "
        "and s.lifecycle_code = t.stage_code and t.ladder_code = 'lifecycle'",
    )
    assert stays == rows(db, "select count(*) from customer_segments")


# ---------------------------------------------------------------- seeds


@pytest.mark.parametrize("seed", ["lifecycle_rules", "advocacy_rules", "rfm_rules"])
def test_every_rule_gives_its_reason_in_both_languages(seed: str) -> None:
    rules = seed_rows(seed)
    assert all(rule["reason"] and rule["reason_en"] for rule in rules)
    codes = [rule["rule_code"] for rule in rules]
    assert len(set(codes)) == len(codes)
