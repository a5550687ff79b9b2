"""Shapley values, leave-one-out and linear over distinct channels, compared with sums by definition."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbt_project.estimators.coalitions import (
    joined,
    leave_one_out,
    linear_distinct,
    players,
    shapley_values,
)
from tests.unit.estimators.journeys import (
    G_AND_M,
    Paths,
    channels_of,
    conversions_of,
    journeys_of,
    paths,
    sets_of,
)


def rate(world: Paths, coalition: set[str]) -> float:
    """v(S): conversions per journey among journeys that touched nothing else."""
    within = {path: ends for path, ends in world.items() if set(path) <= coalition}
    return conversions_of(within) / journeys_of(within) if within else 0.0


def conversions(world: Paths, coalition: set[str]) -> float:
    return conversions_of({path: ends for path, ends in world.items() if set(path) <= coalition})


def by_orders(world: Paths, value: Callable[[Paths, set[str]], float]) -> list[float]:
    """Shapley values by definition: the mean of what a channel adds over every order of arrival."""
    channels = channels_of(world)
    added = dict.fromkeys(channels, 0.0)
    orders = list(permutations(channels))
    for order in orders:
        for place, channel in enumerate(order):
            before = set(order[:place])
            added[channel] += value(world, before | {channel}) - value(world, before)
    return [added[channel] / len(orders) for channel in channels]


def test_two_channels_as_worked_out_by_hand() -> None:
    # v(G) = 2/3, v(M) = 1, v(GM) = 4/5
    members, journeys, converted = sets_of(G_AND_M)
    assert shapley_values(members, journeys, converted) == pytest.approx([7 / 30, 17 / 30])
    assert leave_one_out(members, journeys, converted) == pytest.approx([-0.2, 2 / 15])
    assert linear_distinct(members, converted) == pytest.approx([2.5, 1.5])


@settings(max_examples=15)
@given(paths())
def test_shapley_values_are_the_mean_over_every_order(world: Paths) -> None:
    members, journeys, converted = sets_of(world)
    found = shapley_values(members, journeys, converted)
    assert found == pytest.approx(by_orders(world, rate), abs=1e-12)


def test_six_channels_in_every_order() -> None:
    rng = np.random.default_rng(3)
    world = {
        tuple(rng.choice(list("ABCDEF"), rng.integers(1, 5))): (int(c), int(n) + 1)
        for c, n in rng.integers(0, 9, (30, 2))
    }
    members, journeys, converted = sets_of(world)
    found = shapley_values(members, journeys, converted)
    assert found == pytest.approx(by_orders(world, rate), abs=1e-12)


@settings(max_examples=15)
@given(paths())
def test_linear_over_distinct_channels_is_the_shapley_value_of_conversions(world: Paths) -> None:
    members, _, converted = sets_of(world)
    assert linear_distinct(members, converted) == pytest.approx(by_orders(world, conversions))


@settings(max_examples=15)
@given(paths())
def test_leave_one_out_is_the_rate_without_the_channel_counted_anew(world: Paths) -> None:
    everyone = set(channels_of(world))
    wanted = [rate(world, everyone) - rate(world, everyone - {c}) for c in channels_of(world)]
    assert leave_one_out(*sets_of(world)) == pytest.approx(wanted)


@settings(max_examples=15)
@given(paths("ABCDEFGHIJ", most_paths=20))
def test_shapley_values_add_up_to_the_rate_of_all(world: Paths) -> None:
    found = shapley_values(*sets_of(world))
    assert found.sum() == pytest.approx(conversions_of(world) / journeys_of(world), abs=1e-9)


@settings(max_examples=15)
@given(paths(), st.randoms(use_true_random=False))
def test_sets_may_come_in_any_order_and_in_parts(world: Paths, random: object) -> None:
    members, journeys, converted = sets_of(world)
    # one row a path, in the reverse order: sets repeat
    rows = list(reversed(world.items()))
    channels = channels_of(world)
    apart = np.array([[c in path for c in channels] for path, _ in rows], dtype=bool)
    each = np.array([sum(ends) for _, ends in rows])
    won = np.array([ends[0] for _, ends in rows])
    assert shapley_values(apart, each, won) == pytest.approx(
        shapley_values(members, journeys, converted), abs=1e-12
    )
    assert leave_one_out(apart, each, won) == pytest.approx(
        leave_one_out(members, journeys, converted), abs=1e-12
    )
    assert linear_distinct(apart, won) == pytest.approx(linear_distinct(members, converted))


@settings(max_examples=15)
@given(paths(), st.permutations(range(5)))
def test_channels_may_stand_in_any_order(world: Paths, order: list[int]) -> None:
    members, journeys, converted = sets_of(world)
    places = [place for place in order if place < members.shape[1]]
    for values in (
        lambda m: shapley_values(m, journeys, converted),
        lambda m: leave_one_out(m, journeys, converted),
        lambda m: linear_distinct(m, converted),
    ):
        assert values(members[:, places]) == pytest.approx(values(members)[places], abs=1e-12)


@settings(max_examples=15)
@given(paths(), st.sampled_from("ABCDE"))
def test_journeys_that_did_not_convert_never_raise_what_there_is_to_share(
    world: Paths, channel: str
) -> None:
    won, lost = world.get((channel,), (0, 0))
    more: Paths = {**world, (channel,): (won, lost + 3)}
    total = shapley_values(*sets_of(world)).sum()
    assert shapley_values(*sets_of(more)).sum() <= total + 1e-12
    members, _, converted = sets_of(more)
    assert linear_distinct(members, converted).sum() == pytest.approx(conversions_of(world))


def test_a_coalition_in_which_nobody_travelled_is_worth_nothing() -> None:
    members, journeys, converted = sets_of({("A", "B"): (1, 1)})
    assert shapley_values(members, journeys, converted) == pytest.approx([0.25, 0.25])
    assert leave_one_out(members, journeys, converted) == pytest.approx([0.5, 0.5])


def test_a_channel_that_harms_has_a_negative_value() -> None:
    members, journeys, converted = sets_of({("A",): (9, 1), ("A", "B"): (0, 10), ("B",): (0, 10)})
    found = shapley_values(members, journeys, converted)
    assert found[1] < 0 < found[0]
    assert found.sum() == pytest.approx(0.3)


def test_nothing_converted_or_nobody_travelled() -> None:
    members, journeys, converted = sets_of({("A",): (0, 3), ("A", "B"): (0, 2)})
    assert not shapley_values(members, journeys, converted).any()
    assert not leave_one_out(members, journeys, converted).any()
    assert not linear_distinct(members, converted).any()
    nobody = np.zeros((0, 0), dtype=bool), np.zeros(0, dtype=int), np.zeros(0, dtype=int)
    assert shapley_values(*nobody).shape == (0,)
    assert leave_one_out(*nobody).shape == (0,)


def test_beyond_sixteen_the_rarer_channels_are_one_player() -> None:
    rng = np.random.default_rng(5)
    members = rng.random((400, 20)) < np.linspace(0.6, 0.05, 20)
    members[:, 3] = members[:, 17]  # as rare as the rare ones
    journeys = rng.integers(1, 50, 400)
    converted = (journeys * rng.random(400) / 3).astype(int)
    with pytest.raises(ValueError, match="no more than 16"):
        shapley_values(members, journeys, converted)
    numbers = players(members, journeys)
    reach = members.T @ journeys
    grouped = numbers == 15
    assert grouped.sum() == 5
    assert reach[grouped].max() <= reach[~grouped].min()
    assert sorted(numbers[~grouped]) == list(range(15))
    as_players = joined(members, numbers)
    assert (as_players[:, 15] == members[:, grouped].any(axis=1)).all()
    values = shapley_values(as_players, journeys, converted)
    assert values.sum() == pytest.approx(
        converted[members.any(axis=1)].sum() / journeys.sum()
        + converted[~members.any(axis=1)].sum() / journeys.sum()
    )


@settings(max_examples=15)
@given(paths(), st.integers(2, 4))
def test_a_group_is_a_channel_that_bears_another_name(world: Paths, most: int) -> None:
    members, journeys, converted = sets_of(world)
    numbers = players(members, journeys, most=most)
    if members.shape[1] <= most:
        assert (numbers == np.arange(members.shape[1])).all()
    names = dict(zip(channels_of(world), "stuvw", strict=False))
    player = dict(zip(names, numbers.tolist(), strict=True))
    renamed: dict[tuple[str, ...], tuple[int, int]] = {}
    for path, (won, lost) in world.items():
        key = tuple(f"{player[channel]:02d}" for channel in path)
        before = renamed.get(key, (0, 0))
        renamed[key] = (before[0] + won, before[1] + lost)
    found = shapley_values(joined(members, numbers), journeys, converted)
    assert found == pytest.approx(shapley_values(*sets_of(renamed)), abs=1e-12)


def test_sixteen_channels_are_exact() -> None:
    # an additive world: every channel alone, so that what each adds follows by symmetry
    members = np.eye(16, dtype=bool)
    values = shapley_values(members, np.full(16, 10), np.full(16, 4))
    assert values == pytest.approx(np.full(16, 0.4 / 16))
