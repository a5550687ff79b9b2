"""Journeys and rule credits against the definitions, their properties, and nights built on one another."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.dbt.building import Build
from tests.unit.dbt.journey_world import (
    LOOKBACK,
    MODELS,
    RULES,
    START,
    Conversion,
    Touch,
    World,
    built,
    computed_paths,
    computed_weights,
    credits,
    drawn_world,
)

SOME = settings(max_examples=3, deadline=None, derandomize=True)
SEEDS = st.integers(0, 10**6)


@cache
def credits_of(seed: int) -> list[tuple[Any, ...]]:
    """The credits of a drawn world, that several properties start from."""
    return credits(built(drawn_world(seed)))


def day(number: float) -> datetime:
    """So many days after the start."""
    return START + timedelta(days=number)


def sales_after(days: dict[str, Sequence[float]], **variables: object) -> Build:
    """A sale of 100.00 to each customer on day 0, and touches so many days before it."""
    touches = tuple(
        Touch(f"{customer}{place}", customer, START - timedelta(days=before))
        for customer, each in days.items()
        for place, before in enumerate(each)
    )
    sales = tuple(Conversion(each, "sale", each, START, Decimal(100)) for each in days)
    return built(World(touches, sales), **variables)


def weights(build: Build, model: str, conversion: str) -> list[float]:
    rows = build.connection.execute(
        "select weight from int_rule_attribution where model_code = $1 and conversion_key = $2 "
        "order by touch_position",
        [model, conversion],
    )
    return [weight for (weight,) in rows.fetchall()]


def test_a_half_life_of_seven_days_gives_one_two_and_four_sevenths() -> None:
    build = sales_after({"weeks": [14, 7, 0], "hours": [3.5, 0]})
    assert weights(build, "time_decay", "weeks") == pytest.approx([1 / 7, 2 / 7, 4 / 7], abs=1e-15)
    earlier, later = weights(build, "time_decay", "hours")
    assert later / earlier == pytest.approx(math.sqrt(2), rel=1e-12)


@pytest.mark.parametrize("half_life", [7, 0.2])
def test_what_is_far_from_the_conversion_does_not_vanish(half_life: float) -> None:
    build = sales_after(
        {"far": [300, 299.9, 299.8], "both": [300, 0]},
        attribution_lookback_days=365,
        attribution_half_life_days=half_life,
    )
    ratio = 2 ** (0.1 / half_life)
    total = 1 + ratio + ratio**2
    expected = [1 / total, ratio / total, ratio**2 / total]
    assert weights(build, "time_decay", "far") == pytest.approx(expected, rel=1e-9)
    if half_life == 7:
        assert weights(build, "time_decay", "both")[0] == pytest.approx(2 ** (-300 / 7), rel=1e-4)


def test_position_gives_two_fifths_to_both_ends_and_one_and_two_touches_what_is_left() -> None:
    days = {"1": [3], "2": [3, 2], "3": [3, 2, 1], "4": [4, 3, 2, 1]}
    build = sales_after(days)
    expected = {"1": [1], "2": [0.5, 0.5], "3": [0.4, 0.2, 0.4], "4": [0.4, 0.1, 0.1, 0.4]}
    for path, shares in expected.items():
        assert weights(build, "position_based", path) == pytest.approx(shares, abs=1e-15)
    build = sales_after(
        days, attribution_position_first_weight=0.3, attribution_position_last_weight=0.6
    )
    assert weights(build, "position_based", "2") == pytest.approx([1 / 3, 2 / 3])
    assert weights(build, "position_based", "3") == pytest.approx([0.3, 0.1, 0.6])


def test_last_non_direct_skips_direct_touches_unless_there_is_nothing_else() -> None:
    at = [day(number) for number in range(4)]
    touches = (
        Touch("a", "c", at[0]), Touch("b", "c", at[1]), Touch("x", "c", at[2], is_direct=True),
        Touch("y", "d", at[0], is_direct=True), Touch("z", "d", at[1], is_direct=True),
    )  # fmt: skip
    sales = (Conversion("1", "sale", "c", at[3]), Conversion("2", "sale", "d", at[3]))
    rows = [row[:3] for row in credits(built(World(touches, sales))) if "non" in row[1]]
    assert rows == [("1", "last_non_direct", "b"), ("2", "last_non_direct", "z")]


def test_the_lookback_is_the_goals_own() -> None:
    world = World(
        (Touch("a", "c", day(0)), Touch("b", "c", day(25))),
        (Conversion("s", "sale", "c", day(30)), Conversion("v", "voice", "c", day(30))),
    )
    build = built(world, attribution_lookback_days_by_goal={"voice": 7})
    rows = build.connection.execute(
        "select goal_code, is_converted, touch_count from int_journeys where goal_code in ('sale', 'voice') order by all"
    ).fetchall()
    assert rows == [("sale", True, 2), ("voice", False, 1), ("voice", True, 1)]


def test_a_journey_is_censored_until_the_lookback_of_its_last_touch_is_over() -> None:
    world = World((Touch("a", "c", day(0)), Touch("b", "c", day(10))), ())
    build = built(world)
    censored = "select distinct is_censored from int_journeys"
    for end, expected in [(11, True), (40, True), (40.01, False), (70, False)]:
        replace(world, as_of_end_at=day(end)).land(build.connection)
        # nothing lands, and as_of alone moves
        build.run(*MODELS, incremental=True)
        assert build.connection.execute(censored).fetchall() == [(expected,)]


@SOME
@given(SEEDS)
def test_journeys_and_credits_are_those_of_the_definitions(seed: int) -> None:
    world = drawn_world(seed)
    build = built(world)
    got: dict[str, list[str]] = defaultdict(list)
    rows = build.connection.execute(
        "select path_key, touch_key, touch_position, touch_count from int_journey_touches "
        "order by path_key, touch_position"
    ).fetchall()
    for path_key, touch_key, position, _ in rows:
        got[path_key].append(touch_key)
        assert position == len(got[path_key])
    assert all(count == len(got[path_key]) for path_key, _, _, count in rows)
    paths = computed_paths(world)
    assert got == {path.path_key: [t.touch_key for t in path.touches] for path in paths}

    journeys = build.connection.execute(
        "select path_key, is_converted, is_censored, touch_count from int_journeys"
    ).fetchall()
    assert {row[0]: row[1:] for row in journeys} == {
        path.path_key: (
            path.conversion is not None,
            path.conversion is None
            and path.touches[-1].touched_at + LOOKBACK >= world.as_of_end_at,
            len(path.touches),
        )
        for path in paths
    }

    expected: dict[tuple[str, str, str | None], Fraction | float] = {}
    for path in paths:
        if path.conversion:
            for model, shares in computed_weights(path).items():
                for touch, share in zip(path.touches, shares, strict=True):
                    if share:
                        expected[path.path_key, model, touch.touch_key] = share
    touched = {key for key, _, _ in expected}
    for conversion in world.conversions:
        if conversion.conversion_key not in touched:
            for model in RULES:
                expected[conversion.conversion_key, model, None] = Fraction(1)
    found = {row[:3]: row[3] for row in credits(build)}
    assert found.keys() == expected.keys()
    assert all(found[key] == pytest.approx(float(expected[key]), abs=1e-12) for key in found)


@SOME
@given(SEEDS)
def test_weights_add_up_to_one_and_credits_to_the_cent(seed: int) -> None:
    world = drawn_world(seed)
    values = {c.conversion_key: c.value_cny for c in world.conversions}
    sums: dict[tuple[str, str], list[Any]] = defaultdict(lambda: [0.0, Decimal(0)])
    for key, model, _, weight, credited in credits_of(seed):
        assert 0 < weight <= 1
        # nobody is a cent or more away from their share
        assert abs(credited - values[key] * Decimal(weight)) < Decimal("0.01000001")
        sums[key, model][0] += weight
        sums[key, model][1] += credited
    assert len(sums) == 6 * len(values)
    assert all(abs(weight - 1) < 1e-12 for weight, _ in sums.values())
    assert {key: credited for key, (_, credited) in sums.items()} == {
        (key, model): values[key] for key, model in sums
    }


def test_cents_go_to_the_largest_remainders_whatever_the_value() -> None:
    values = ["0.01", "-0.01", "0.02", "-100.00", "0.00", "12345678901.23"]
    touches = tuple(
        Touch(f"{value}/{place}", value, day(place)) for value in values for place in range(7)
    )
    sales = tuple(Conversion(each, "sale", each, day(7), Decimal(each)) for each in values)
    build = built(World(touches, sales))
    shared: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for key, model, _, _, credited in credits(build):
        shared[key, model].append(credited)
    assert len(shared) == 6 * len(values)
    for (value, _), parts in shared.items():
        assert sum(parts) == Decimal(value)
        # a loss is shared out as the gain of the same size
        assert all(part * Decimal(value) >= 0 for part in parts)
    nothing = Decimal("0.00")
    assert shared["0.02", "linear"] == [Decimal("0.01")] * 2 + [nothing] * 5
    assert shared["-0.01", "linear"] == [Decimal("-0.01")] + [nothing] * 6
    assert shared["-100.00", "linear"] == [Decimal("-14.29")] * 4 + [Decimal("-14.28")] * 3


@SOME
@given(SEEDS)
def test_the_order_in_which_rows_arrive_changes_nothing(seed: int) -> None:
    world = drawn_world(seed)
    assert credits(built(world.shuffled(seed + 1))) == credits_of(seed)


@SOME
@given(SEEDS, st.integers(2, 9))
def test_many_equal_journeys_are_one_journey_many_times(seed: int, times: int) -> None:
    world = drawn_world(seed, customers=4)
    many = World(
        tuple(
            replace(t, touch_key=f"{t.touch_key}#{n}", customer_key=t.customer_key and f"{t.customer_key}#{n}")
            for t in world.touches
            for n in range(times)
        ),
        tuple(
            replace(
                c, conversion_key=f"{c.conversion_key}#{n}", customer_key=c.customer_key and f"{c.customer_key}#{n}"
            )
            for c in world.conversions
            for n in range(times)
        ),
    )  # fmt: skip
    once = credits(built(world))
    every = [
        (key.split("#")[0], model, touch and touch.split("#")[0], *rest)
        for key, model, touch, *rest in credits(built(many))
    ]
    assert sorted(every, key=str) == sorted((row for row in once for _ in range(times)), key=str)


@SOME
@given(SEEDS)
def test_a_journey_without_conversion_takes_nothing_from_those_with_one(seed: int) -> None:
    world = drawn_world(seed)
    strangers = tuple(
        replace(
            touch, touch_key=f"null:{touch.touch_key}", customer_key=f"null:{touch.customer_key}"
        )
        for touch in world.touches
    )
    # and of the same customers, long before anything that they did
    earlier = tuple(
        replace(
            touch,
            touch_key=f"old:{touch.touch_key}",
            touched_at=touch.touched_at - timedelta(days=200),
        )
        for touch in world.touches
    )
    more = replace(world, touches=world.touches + strangers + earlier)
    assert credits(built(more)) == credits_of(seed)
