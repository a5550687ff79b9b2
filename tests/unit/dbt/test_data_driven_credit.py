"""Data-driven credit from touches to the marts: worked cases, transforms, and night after night."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import pytest

from tests.unit.dbt.credit_chain import COUNTS, World

STANDING = [*COUNTS, "int_model_attribution", "int_campaign_credit"]
MARTS = ["fct_attribution", "channel_credit", "strategy_credit"]
NOVEMBER = datetime(2026, 11, 10, 12)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


def two_channels(world: World) -> None:
    """Paths G (2 conversions, 1 null), M (1, 0), G > M (1, 0), and a sale that nothing led to."""
    world.journey("a", "G", value=10)
    world.journey("b", "G", value=20.01)
    world.journey("c", "G")
    world.journey("d", "M", value=30)
    world.journey("e", "GM", value=0.03)
    world.journey("f", "", value=5)


def test_two_channels_as_worked_out_by_hand(connection: duckdb.DuckDBPyConnection) -> None:
    world = World(connection)
    two_channels(world)
    world.run()
    credit = world.rows(
        "select marketing_channel_code, effect, credited_conversions, credited_cny, localised_conversions, "
        "localised_cny from channel_credit where model_code = 'markov' order by all"
    )
    # 60.04 is 36.024 and 24.016: the cent that is left over goes to the larger remainder
    assert [(row[0], *map(float, row[3:])) for row in credit] == [
        ("G", 36.02, pytest.approx(2.6), 30.03),
        ("M", 24.02, pytest.approx(1.4), 30.01),
        ("unattributed", 5, 1, 5),
    ]
    assert [row[1:3] for row in credit[:2]] == [
        (0.75, pytest.approx(2.4)),
        (0.5, pytest.approx(1.6)),
    ]
    assert credit[2][1] is None
    localised = world.rows(
        "select conversion_key, touch_key, weight, credited_cny from fct_attribution "
        "where model_code = 'markov' and conversion_key in ('sale:e', 'sale:f') order by all"
    )
    assert [(*row[:2], float(row[3])) for row in localised] == [
        ("sale:e", "e0", 0.02), ("sale:e", "e1", 0.01), ("sale:f", None, 5),
    ]  # fmt: skip
    assert [row[2] for row in localised] == pytest.approx([0.6, 0.4, 1])
    shares = dict(
        world.rows(
            "select model_code, credited_conversions from channel_credit where marketing_channel_code = 'G'"
        )
    )
    assert shares["shapley"] == pytest.approx(4 * 7 / 24)
    assert shares["linear_distinct"] == pytest.approx(2.5)
    assert shares["leave_one_out"] == 0
    assert shares["first_touch"] == 3
    # strategies are the channels' small letters here, and a game of their own
    assert world.rows(
        "select upper(strategy_code), effect, credited_cny from strategy_credit "
        "where model_code = 'markov' and effect is not null order by all"
    ) == [(row[0], row[1], row[3]) for row in credit[:2]]


def test_three_channels_as_worked_out_by_hand(connection: duckdb.DuckDBPyConnection) -> None:
    world = World(connection)
    world.journey("a", "XYZ", value=100)
    world.journey("b", "X")
    world.journey("c", "YZ")
    world.run()
    assert world.rows(
        "select marketing_channel_code, effect, credited_cny from channel_credit where model_code = 'markov' order by all"
    ) == [("X", 0.5, 20), ("Y", 1, 40), ("Z", 1, 40)]


def test_a_channel_splits_its_part_over_its_touches(connection: duckdb.DuckDBPyConnection) -> None:
    world = World(connection)
    world.journey("a", "XYX", value=1)
    world.journey("b", "Y", value=1)
    world.journey("c", "X")
    world.run()
    weights = world.rows(
        "select touch_key, weight from fct_attribution where model_code = 'markov' and conversion_key = 'sale:a' order by all"
    )
    effects = dict(
        world.rows(
            "select marketing_channel_code, effect from channel_credit where model_code = 'markov'"
        )
    )
    total = effects["X"] + effects["Y"]
    wanted = [effects["X"] / total / 2, effects["Y"] / total, effects["X"] / total / 2]
    assert [weight for _, weight in weights] == pytest.approx(wanted)


def test_where_no_channel_counts_the_touches_are_equals(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    world = World(connection)
    for customer, path, value in [("a", "XXY", 1), ("b", "X", 1), ("c", "Y", 1)]:
        world.journey(customer, path, value=value)
    world.run()
    # everybody converts, with or without a channel
    assert world.rows(
        "select touch_key, weight from fct_attribution where model_code = 'leave_one_out' and conversion_key = 'sale:a' order by all"
    ) == [("a0", pytest.approx(1 / 3)), ("a1", pytest.approx(1 / 3)), ("a2", pytest.approx(1 / 3))]


# the path direct, A, B, B, A, direct, direct
TRANSFORMED = {
    "unique": ["(start) D", "D A", "A B", "B B", "B A", "A D", "D D", "D (conversion)"],
    "exposure": ["(start) D", "D A", "A B", "B A", "A D", "D (conversion)"],
    "first": ["(start) D", "D A", "A B", "B (conversion)"],
    "frequency": ["(start) D3", "D3 A2", "A2 B2", "B2 (conversion)"],
    "last_not_all": ["(start) D", "D A", "A B", "B B", "B A", "A (conversion)"],
    "not_all": ["(start) A", "A B", "B B", "B A", "A (conversion)"],
}


@pytest.mark.parametrize("transform", TRANSFORMED)
def test_a_path_is_transformed(connection: duckdb.DuckDBPyConnection, transform: str) -> None:
    world = World(
        connection, attribution_path_transforms=[transform], attribution_dropped_values=["D"]
    )
    world.journey("a", "DABBADD", value=1)
    world.journey("b", "DD")  # nothing else: the path stays
    world.run("int_model_attribution")
    steps = world.rows(
        "select from_value || case when from_frequency > 0 then from_frequency || '' else '' end || ' ' || "
        "to_value || case when to_frequency > 0 then to_frequency || '' else '' end, step_count "
        "from int_path_transitions where dimension_code = 'marketing_channel'"
    )
    alone = {
        "exposure": ["(start) D", "D (null)"],
        "first": ["(start) D", "D (null)"],
        "frequency": ["(start) D2", "D2 (null)"],
    }.get(transform, ["(start) D", "D D", "D (null)"])
    wanted = [*TRANSFORMED[transform], *alone]
    assert dict(steps) == {step: wanted.count(step) for step in wanted}
    credited = world.rows(
        "select touch_key from int_model_attribution where model_code = 'linear_distinct' order by all"
    )
    kept = {"last_not_all": "01234", "not_all": "1234"}.get(transform, "0123456")
    assert [key for (key,) in credited] == [f"a{place}" for place in kept]


def test_transforms_follow_one_another(connection: duckdb.DuckDBPyConnection) -> None:
    world = World(
        connection,
        attribution_path_transforms=["last_not_all", "none", "first"],
        attribution_dropped_values=["d", "D"],
    )
    world.journey("a", "DABBADD", value=1)
    world.run("int_model_attribution")
    for dimension, letters in (("marketing_channel", "DAB"), ("strategy", "dab")):
        steps = world.rows(
            f"select from_value, to_value from int_path_transitions where dimension_code = '{dimension}'"
        )
        assert set(steps) == set(
            zip(["(start)", *letters], [*letters, "(conversion)"], strict=True)
        )


def test_an_unknown_transform_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    world = World(connection, attribution_path_transforms=["firts"])
    world.journey("a", "AB", value=1)
    with pytest.raises(ValueError, match="there is no transform firts"):
        world.run()


@pytest.mark.parametrize(("counts_as_null", "effect"), [(True, 1 / 2), (False, 1)])
def test_journeys_that_may_still_convert_count_as_null_if_wanted(
    connection: duckdb.DuckDBPyConnection, counts_as_null: bool, effect: float
) -> None:
    world = World(connection, attribution_censored_as_null=counts_as_null)
    end = datetime(2026, 12, 28)
    world.journey("a", "X", value=1, ended_at=end)
    world.journey("b", "X", ended_at=end)
    world.run()
    ((found,),) = world.rows(
        "select effect from channel_credit where model_code = 'shapley' and marketing_channel_code = 'X'"
    )
    assert found == effect


def everything(world: World) -> dict[str, list[Any]]:
    return {name: sorted(world.rows(f"from {name}"), key=repr) for name in [*STANDING, *MARTS]}


def random_nights(world: World, rng: np.random.Generator, night: int) -> None:
    """New journeys in two months, a late touch, a sale whose value changes, one that is cancelled."""
    for number in range(12):
        path = "".join(rng.choice(list("ABCD"), rng.integers(0, 5)))
        value = float(rng.integers(0, 5000)) / 100 if rng.random() < 0.5 else None
        end = [datetime(2026, 10, 12), NOVEMBER][rng.integers(2)]
        world.journey(f"c{night}_{number}", path, value=value, ended_at=end)
    if night:
        world.touch(f"late{night}", f"c0_{night}", "B", datetime(2026, 10, 3))
        world.connection.execute(
            "update fct_conversions set value_cny = 1 where journey_key = 'c0_3'"
        )
        world.connection.execute("delete from fct_conversions where journey_key = 'c0_6'")


@pytest.mark.parametrize(
    "variables", [{}, {"attribution_path_transforms": ["not_all", "frequency"]}]
)
def test_night_after_night_the_rows_are_those_of_a_full_build(
    connection: duckdb.DuckDBPyConnection, variables: dict[str, Any]
) -> None:
    world = World(connection, **variables)
    rng = np.random.default_rng(4)
    for night in range(2):
        random_nights(world, rng, night)
        world.run(incremental=night > 0)
    incremental = everything(world)
    world.run()
    assert incremental == everything(world)
    for name in ("channel_credit", "strategy_credit"):
        sums = world.rows(
            f"select sum(credited_cny), sum(localised_cny), round(sum(credited_conversions), 6), "
            f"round(sum(localised_conversions), 6) from {name} group by model_code"
        )
        ((value, count),) = world.rows("select sum(value_cny), count(*) from fct_conversions")
        assert sums == [(value, value, count, count)] * 10


def test_a_late_touch_restates_its_own_month_alone(connection: duckdb.DuckDBPyConnection) -> None:
    world = World(connection)
    two_channels(world)
    world.journey("x", "MG", value=3, ended_at=NOVEMBER)
    world.journey("y", "M", ended_at=NOVEMBER)
    world.run()
    november = dict(
        world.rows(
            "select model_code, model_fit_id from channel_credit where month_start = '2026-11-01'"
        )
    )
    # what is not built anew keeps this mark
    marked = [
        "int_path_transitions",
        "int_path_subsets",
        "int_model_attribution",
        "int_campaign_credit",
    ]
    for name in marked:
        connection.execute(f"alter table {name} add column mark varchar")
        connection.execute(f"update {name} set mark = 'stands'")
    world.touch("late", "c", "M", datetime(2026, 10, 9, 18))
    for name in marked:  # as rows built now would be
        connection.execute(f"alter table {name} alter mark set default null")
    world.run(incremental=True)
    for name in marked:
        assert set(world.rows(f"select period_key, mark from {name}")) == {
            ("sale:2026-10-01", None), ("sale:2026-11-01", "stands"),
        }, name  # fmt: skip
    after = dict(
        world.rows(
            "select model_code, model_fit_id from channel_credit where month_start = '2026-11-01'"
        )
    )
    assert after == november
    ((journeys,),) = world.rows(
        "select sum(journey_count) from int_path_subsets where members = ['G', 'M'] and month_start = '2026-10-01'"
    )
    assert journeys == 2
