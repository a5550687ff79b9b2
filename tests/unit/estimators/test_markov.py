"""Removal effects: worked cases, chains that are easy to get wrong, and a computation of another kind."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dbt_project.estimators.markov import removal_effects
from tests.unit.estimators.journeys import (
    G_AND_M,
    THREE,
    Paths,
    channels_of,
    conversions_of,
    journeys_of,
    paths,
    steps_of,
)


def by_walking(steps: NDArray[np.int64], removed: int | None = None) -> float:
    """P(conversion) after very many steps of the whole chain, ends included, none of it solved."""
    states = len(steps) - 1
    chain = np.zeros((states + 3, states + 3))  # start, channels, conversion, null
    chain[: states + 1, 1:] = steps / np.maximum(steps.sum(axis=1, keepdims=True), 1)
    chain[[-2, -1], [-2, -1]] = 1
    if removed is not None:
        chain[:, -1] += chain[:, removed + 1]
        chain[:, removed + 1] = 0
    for _ in range(20):
        chain = chain @ chain
    probability: float = chain[0, -2]
    return probability


def test_two_channels_as_worked_out_by_hand() -> None:
    found = removal_effects(steps_of(G_AND_M))
    assert found.conversion_probability == pytest.approx(0.8)
    assert found.effects == pytest.approx([0.75, 0.5])
    assert 4 * found.effects / found.effects.sum() == pytest.approx([2.4, 1.6])


def test_three_channels_as_worked_out_by_hand() -> None:
    found = removal_effects(steps_of(THREE))
    assert found.conversion_probability == pytest.approx(1 / 3)
    assert found.effects == pytest.approx([0.5, 1, 1])
    assert found.effects / found.effects.sum() == pytest.approx([0.2, 0.4, 0.4])


@settings(max_examples=15)
@given(paths())
def test_they_are_what_walking_the_chain_gives(world: Paths) -> None:
    steps = steps_of(world)
    found = removal_effects(steps)
    whole = by_walking(steps)
    assert found.conversion_probability == pytest.approx(whole, abs=1e-9)
    if whole:
        lost = [1 - by_walking(steps, channel) / whole for channel in range(len(steps) - 1)]
        assert found.effects == pytest.approx(lost, abs=1e-9)
    else:
        assert not found.effects.any()


@settings(max_examples=15)
@given(paths())
def test_the_chain_converts_as_often_as_the_journeys_did(world: Paths) -> None:
    found = removal_effects(steps_of(world))
    assert found.conversion_probability == pytest.approx(conversions_of(world) / journeys_of(world))


@settings(max_examples=15)
@given(paths(), st.permutations("ABCDE"))
def test_names_and_their_order_say_nothing(world: Paths, names: list[str]) -> None:
    renamed = dict(zip("ABCDE", names, strict=True))
    other: Paths = {tuple(renamed[c] for c in path): ends for path, ends in reversed(world.items())}
    by_name = dict(zip(channels_of(other), removal_effects(steps_of(other)).effects, strict=True))
    effects = removal_effects(steps_of(world)).effects
    assert [by_name[renamed[c]] for c in channels_of(world)] == pytest.approx(effects, abs=1e-12)


@settings(max_examples=15)
@given(paths())
def test_repeats_in_a_row_change_nothing(world: Paths) -> None:
    collapsed = steps_of(world)
    for channel in range(len(collapsed) - 1):
        collapsed[channel + 1, channel] = 0
    found = removal_effects(steps_of(world))
    assert removal_effects(collapsed).effects == pytest.approx(found.effects, abs=1e-12)


@settings(max_examples=15)
@given(paths(), st.sampled_from("ABCDE"))
def test_journeys_that_did_not_convert_never_raise_the_chance(world: Paths, channel: str) -> None:
    converted, lost = world.get((channel,), (0, 0))
    more: Paths = {**world, (channel,): (converted, lost + 3)}
    before = removal_effects(steps_of(world)).conversion_probability
    assert removal_effects(steps_of(more)).conversion_probability <= before + 1e-12


def test_a_channel_of_several_states_is_removed_whole() -> None:
    # A(1) > B(1) converts, A(2) converts, B(1) does not: states A(1), A(2), B(1)
    steps = np.array([[1, 1, 1, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 1, 1]])
    found = removal_effects(steps, np.array([0, 0, 1]))
    # B(1) converts every second time: 1/6 by way of A(1), 1/3 by A(2), 1/6 from the start
    assert found.conversion_probability == pytest.approx(2 / 3)
    assert found.effects == pytest.approx([1 - (1 / 6) / (2 / 3), 1 - (1 / 3) / (2 / 3)])


@pytest.mark.parametrize(
    ("steps", "probability", "effects"),
    [
        ([[0, 0]], 0, []),  # no journey, no channel
        ([[3, 1]], 0.75, []),  # conversions that nothing led to
        ([[4, 0, 0], [0, 0, 4]], 0, [0]),  # no conversion
        ([[4, 0, 0], [0, 1, 3]], 0.25, [1]),  # one channel
        ([[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 1]], 0.25, [0, 1]),  # the first one never ends
        ([[0, 1, 0, 0], [0, 0, 5, 0], [0, 0, 1, 0]], 1, [0, 1]),  # the first one is never reached
        ([[1, 1, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0]], 0, [0, 0]),  # a circle without a way out
    ],
)
def test_a_chain_may_be_degenerate(
    steps: list[list[int]], probability: float, effects: list[float]
) -> None:
    found = removal_effects(np.array(steps))
    assert found.conversion_probability == pytest.approx(probability)
    assert found.effects == pytest.approx(effects)


@pytest.mark.parametrize("steps", [[[1, 2, 3]], [[1, -1]], [[1, 0], [0, 1]]])
def test_counts_of_another_shape_are_refused(steps: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="counts of the shape"):
        removal_effects(np.array(steps))
