"""The rows that the warehouse gets: every model of a fit, its shares, and its name."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dbt_project.estimators.channel_effects import channel_effects
from tests.unit.estimators.journeys import G_AND_M, Paths, channels_of, sets_of, steps_of

UNIT = {
    "dimension_code": "marketing_channel",
    "period_key": "sale:2026-10-01",
    "goal_code": "sale",
    "month_start": date(2026, 10, 1),
}


def aggregates(world: Paths, **unit: Any) -> tuple[pa.Table, pa.Table]:
    """What SQL counts of a world."""
    channels, steps, unit = channels_of(world), steps_of(world), {**UNIT, **unit}
    rows, columns = ["(start)", *channels], [*channels, "(conversion)", "(null)"]
    transitions = [
        {**unit, "from_value": rows[i], "from_frequency": 0, "to_value": columns[j],
         "to_frequency": 0, "step_count": int(steps[i, j])}
        for i, j in zip(*np.nonzero(steps), strict=True)
    ]  # fmt: skip
    subsets = [
        {**unit, "members": [c for c, has in zip(channels, flags, strict=True) if has],
         "journey_count": int(journeys), "conversion_count": int(conversions)}
        for flags, journeys, conversions in zip(*sets_of(world), strict=True)
    ]  # fmt: skip
    return pa.Table.from_pylist(transitions), pa.Table.from_pylist(subsets)


def of_model(table: pa.Table, model: str, column: str) -> list[Any]:
    return [row[column] for row in table.to_pylist() if row["model_code"] == model]


def test_two_channels_as_worked_out_by_hand() -> None:
    found = channel_effects(*aggregates(G_AND_M))
    assert of_model(found, "markov", "dimension_value") == ["G", "M"]
    assert of_model(found, "markov", "effect") == pytest.approx([0.75, 0.5])
    assert of_model(found, "markov", "effect_share") == pytest.approx([0.6, 0.4])
    assert of_model(found, "shapley", "effect_share") == pytest.approx([7 / 24, 17 / 24])
    assert of_model(found, "linear_distinct", "effect_share") == pytest.approx([0.625, 0.375])
    # G converts less than M does: what lies below zero gets nothing
    assert of_model(found, "leave_one_out", "effect")[0] == pytest.approx(-0.2)
    assert of_model(found, "leave_one_out", "effect_share") == pytest.approx([0, 1])


def test_values_below_zero_are_kept_for_all_and_left_out_of_single_journeys() -> None:
    found = channel_effects(*aggregates({("A",): (9, 1), ("A", "B"): (0, 10), ("B",): (0, 10)}))
    shares = of_model(found, "shapley", "effect_share")
    assert shares[1] < 0
    assert sum(shares) == pytest.approx(1)
    assert of_model(found, "shapley", "positive_share") == [1, 0]


def test_where_no_channel_is_missed_leave_one_out_credits_them_as_equals() -> None:
    found = channel_effects(*aggregates({("A",): (1, 1), ("B",): (1, 1)}))
    assert of_model(found, "leave_one_out", "effect") == [0, 0]
    assert of_model(found, "leave_one_out", "effect_share") == [0.5, 0.5]
    assert of_model(found, "leave_one_out", "positive_share") == [0, 0]


def test_without_a_conversion_nobody_is_credited() -> None:
    found = channel_effects(*aggregates({("A",): (0, 1), ("A", "B"): (0, 2)}))
    assert not any(found["effect"].to_pylist() + found["effect_share"].to_pylist())
    assert found.num_rows == 8


def test_nothing_to_fit_gives_an_empty_table() -> None:
    transitions, subsets = aggregates(G_AND_M)
    assert channel_effects(transitions.slice(0, 0), subsets.slice(0, 0)).num_rows == 0


def test_the_order_of_rows_says_nothing_and_a_fit_knows_its_own_month_alone() -> None:
    october = aggregates(G_AND_M)
    november = aggregates(
        {("G",): (1, 2)}, month_start=date(2026, 11, 1), period_key="sale:2026-11-01"
    )
    both = [pa.concat_tables(pair) for pair in zip(november, october, strict=True)]
    shuffled = [table.take(np.random.default_rng(2).permutation(table.num_rows)) for table in both]
    found = channel_effects(*shuffled)
    assert found.equals(channel_effects(*both))
    assert found.slice(0, 8).equals(channel_effects(*october))
    assert len(set(found["model_fit_id"].to_pylist())) == 8


def test_a_fit_is_named_after_its_counts() -> None:
    def names(world: Paths) -> dict[str, str]:
        rows = channel_effects(*aggregates(world)).to_pylist()
        return {row["model_code"]: row["model_fit_id"] for row in rows}

    before = names(G_AND_M)
    assert names(dict(reversed(G_AND_M.items()))) == before
    # M>G instead of G>M: the chain differs, the sets do not
    turned = names({("G",): (2, 1), ("M",): (1, 0), ("M", "G"): (1, 0)})
    assert [code for code in before if turned[code] != before[code]] == ["markov"]
    more = names({**G_AND_M, ("M",): (1, 1)})
    assert all(more[code] != before[code] for code in before)


def test_rare_channels_beyond_sixteen_stand_together_in_shapley_alone() -> None:
    world: Paths = {(f"c{n:02d}",): (n % 4 + 1, 40 - n) for n in range(20)}
    found = channel_effects(*aggregates(world))
    names = of_model(found, "shapley", "player_value")
    assert names.count("(other)") == 5
    assert of_model(found, "markov", "player_value") == channels_of(world)
    others = [name == "(other)" for name in names]
    values = np.array(of_model(found, "shapley", "effect"))[others]
    assert (values == values[0]).all()
    shares = dict(zip(names, of_model(found, "shapley", "effect_share"), strict=True))
    assert sum(shares.values()) == pytest.approx(1)


def test_a_channel_with_several_states_is_one_channel() -> None:
    transitions, subsets = aggregates(G_AND_M)
    rows = transitions.to_pylist()
    for row in rows:  # every visit of G alone differs from that before M
        row["to_frequency"] = int(row["to_value"] == "G")
        row["from_frequency"] = int(row["from_value"] == "G")
    found = channel_effects(pa.Table.from_pylist(rows), subsets)
    assert of_model(found, "markov", "effect") == pytest.approx([0.75, 0.5])
