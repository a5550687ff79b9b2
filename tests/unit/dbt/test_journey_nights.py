"""Nights of journeys built on one another: the rows of a full build, and no others restated than can be reached."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import duckdb
import pytest

from tests.unit.dbt.building import Build
from tests.unit.dbt.journey_world import (
    LOOKBACK,
    MODELS,
    START,
    Conversion,
    Touch,
    World,
    built,
    credits,
    drawn_world,
)

KEPT = ("int_journey_touches", "int_journeys", "int_rule_attribution")


def rows(build: Build, table: str) -> list[tuple[object, ...]]:
    return build.connection.execute(f"select * from {table} order by all").fetchall()


def next_night(world: World, drawn: random.Random) -> World:
    """Rows that came, were superseded, changed, moved to another customer or went, and a later as_of."""
    touches = [each for touch in world.touches for each in _moved(touch, drawn)]
    conversions = [each for one in world.conversions for each in _restated(one, drawn)]
    for number in range(6):
        customer = f"c{drawn.randrange(14)}"
        at = START + timedelta(days=drawn.randrange(61))
        touches.append(Touch(f"late{drawn.randrange(10**9)}_{number}", customer, at))
        sale = f"sale:late{drawn.randrange(10**9)}_{number}"
        conversions.append(Conversion(sale, "sale", customer, at, Decimal("12.34")))
    # a merge: all that was one customer's is now another's
    one, other = f"c{drawn.randrange(12)}", f"c{drawn.randrange(12)}"

    def merged(customer: str | None) -> str | None:
        return other if customer == one else customer

    return World(
        tuple(replace(touch, customer_key=merged(touch.customer_key)) for touch in touches),
        tuple(replace(each, customer_key=merged(each.customer_key)) for each in conversions),
        world.as_of_end_at + timedelta(days=drawn.choice((0, 1, 20))),
    )


def _moved(touch: Touch, drawn: random.Random) -> list[Touch]:
    fate = drawn.random()
    if fate < 0.05:
        return []
    if fate < 0.10:
        at = touch.touched_at + timedelta(days=drawn.randrange(-20, 20))
        return [replace(touch, touched_at=at)]
    if fate < 0.14:
        return [replace(touch, is_direct=not touch.is_direct)]
    if fate < 0.18:
        return [replace(touch, excluded_code=None if touch.excluded_code else "bot")]
    return [touch]


def _restated(conversion: Conversion, drawn: random.Random) -> list[Conversion]:
    fate = drawn.random()
    if fate < 0.05:
        return []
    if fate < 0.12:
        return [replace(conversion, value_cny=conversion.value_cny - Decimal("3.21"))]
    return [conversion]


@pytest.mark.parametrize("seed", [1, 2])
def test_night_after_night_gives_the_rows_of_a_full_build(seed: int) -> None:
    drawn = random.Random(seed)
    world = drawn_world(seed)
    build = built(world)
    for _ in range(3):
        world = next_night(world, drawn)
        world.shuffled(seed).land(build.connection)
        build.run(*MODELS, incremental=True)
        full = built(world)
        for table in KEPT:
            assert rows(build, table) == rows(full, table)


def test_a_touch_restates_only_the_conversions_that_it_can_reach() -> None:
    world = drawn_world(7, customers=30)
    build = built(world)
    before = credits(build)
    stands = {table: standing(build.connection, table) for table in KEPT}
    customer = max(
        (c.customer_key for c in world.conversions if c.customer_key),
        key=lambda key: sum(c.customer_key == key for c in world.conversions),
    )
    at = START + timedelta(days=20, hours=3)
    touch = Touch("new", customer, at)
    replace(world, touches=(*world.touches, touch)).land(build.connection)
    build.run(*MODELS, incremental=True)
    restated = {row[0] for row in set(before) ^ set(credits(build))}
    reachable = {
        c.conversion_key
        for c in world.conversions
        if c.customer_key == customer and at <= c.converted_at <= at + LOOKBACK
    }
    assert restated
    assert restated <= reachable
    for table in KEPT:
        now = standing(build.connection, table)
        # rows of others are not even written again
        assert {k: v for k, v in stands[table].items() if k[0] != customer} == {
            k: v for k, v in now.items() if k[0] != customer
        }


def standing(connection: duckdb.DuckDBPyConnection, table: str) -> dict[tuple[object, ...], int]:
    """Where each row stands in the table, by its unit and all that it says; what is written again moves."""
    found = connection.execute(f"select journey_key, rowid, {table} from {table}").fetchall()
    return {(unit, str(row)): place for unit, place, row in found}


def test_a_quiet_night_writes_nothing() -> None:
    world = drawn_world(3)
    build = built(world)
    stands = {table: standing(build.connection, table) for table in KEPT}
    build.run(*MODELS, incremental=True)
    assert {table: standing(build.connection, table) for table in KEPT} == stands
