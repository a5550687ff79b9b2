"""Matched comparisons: cases computed by hand and by numpy, and worlds in which the naive difference is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import jinja2
import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

MACROS = Path(__file__).parents[3] / "dbt_project" / "macros"


def compared(units: pa.Table, **settings: Any) -> list[dict[str, Any]]:
    """Rows of the comparison of a table with is_treated, outcome and strata."""
    environment = jinja2.Environment()
    environment.globals["var"] = lambda _: 2
    for name in ("intervals", "sample_variance", "matched_difference"):
        module = environment.from_string((MACROS / f"{name}.sql").read_text("utf-8")).module
        environment.globals.update({k: getattr(module, k) for k in dir(module) if k[0] != "_"})
    query = environment.globals["matched_difference"]("units", **settings)  # type: ignore[operator]
    with duckdb.connect() as connection:
        connection.register("units", units)
        return connection.sql(query).to_arrow_table().to_pylist()


def rows(*cells: tuple[str | None, bool, list[float | None]]) -> pa.Table:
    """One row per outcome of (stratum, is_treated, outcomes)."""
    flat = [(s, t, value) for s, t, values in cells for value in values]
    return pa.table(
        {
            "stratum": pa.array([s for s, _, _ in flat], pa.string()),
            "is_treated": pa.array([t for _, t, _ in flat], pa.bool_()),
            "outcome": pa.array([value for _, _, value in flat], pa.float64()),
        }
    )


def test_a_rate_s_worked_case() -> None:
    units = rows(
        # heavy buyers: 3 of 4 treated, 1 of 2 controls; light ones: 1 of 2 treated, 1 of 8 controls
        ("heavy", True, [1, 1, 1, 0]),
        ("heavy", False, [1, 0]),
        ("light", True, [1, 0]),
        ("light", False, [1, 0, 0, 0, 0, 0, 0, 0]),
        ("alone", True, [1]),
        ("others", False, [1, 1, 1]),
    )
    (row,) = compared(units, strata=["stratum"], outcome="outcome")
    assert (row["treated_count"], row["matched_treated_count"]) == (7, 6)
    assert (row["unmatched_treated_count"], row["control_count"], row["stratum_count"]) == (
        1,
        10,
        2,
    )
    assert row["treated_mean"] == pytest.approx(4 / 6)
    control = 4 / 6 * 1 / 2 + 2 / 6 * 1 / 8
    assert row["matched_control_mean"] == pytest.approx(control)
    assert row["difference"] == pytest.approx(4 / 6 - control)
    assert row["relative_difference"] == pytest.approx((4 / 6) / control - 1)
    assert row["crude_difference"] == pytest.approx(5 / 7 - 5 / 13, abs=1e-8)
    # weights: 4/2 for two heavy controls, 2/8 for eight light ones
    weights = np.array([2.0] * 2 + [0.25] * 8)
    outcomes = np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    kish = weights.sum() ** 2 / (weights**2).sum()
    assert row["effective_control_count"] == pytest.approx(kish, abs=1e-4)
    control_error = (weights**2 * (outcomes - control) ** 2).sum() / 36 * kish / (kish - 1)
    treated_error = np.var([1, 1, 1, 0, 1, 0], ddof=1) / 6
    assert row["standard_error"] == pytest.approx(np.sqrt(control_error + treated_error))
    # Newcombe's interval by hand, from Wilson's of either side
    treated_low, treated_high = wilson(4 / 6, 6)
    control_low, control_high = wilson(control, kish)
    low = 4 / 6 - control - np.hypot(4 / 6 - treated_low, control_high - control)
    high = 4 / 6 - control + np.hypot(treated_high - 4 / 6, control - control_low)
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((low, high), abs=1e-6)


def wilson(share: float, n: float) -> tuple[float, float]:
    z = stats.norm.ppf(0.975)
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    margin = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return middle - margin, middle + margin


def test_in_one_stratum_an_amount_s_interval_is_welch_s_of_scipy() -> None:
    rng = np.random.default_rng(5)
    treated, control = rng.gamma(2, 50, 30), rng.gamma(2, 40, 45)
    units = rows(("all", True, list(treated)), ("all", False, list(control)))
    (row,) = compared(units, strata=["stratum"], outcome="outcome", kind="amount")
    peer = stats.ttest_ind(treated, control, equal_var=False)
    interval = peer.confidence_interval(0.95)
    assert row["difference"] == pytest.approx(treated.mean() - control.mean())
    assert row["difference"] / row["standard_error"] == pytest.approx(peer.statistic)
    assert row["difference_low"] == pytest.approx(interval.low, rel=1e-3)
    assert row["difference_high"] == pytest.approx(interval.high, rel=1e-3)
    error = np.sqrt(
        treated.var(ddof=1) / 30 / treated.mean() ** 2
        + control.var(ddof=1) / 45 / control.mean() ** 2
    )
    ratio = treated.mean() / control.mean()
    ends = ratio * np.exp(np.array([-1, 1]) * stats.norm.ppf(0.975) * error) - 1
    assert (row["relative_low"], row["relative_high"]) == pytest.approx(tuple(ends), abs=1e-6)


def test_the_standard_error_is_that_of_the_weighted_regression() -> None:
    rng = np.random.default_rng(9)
    n = 400
    stratum = rng.integers(0, 6, n)
    is_treated = rng.random(n) < 0.15 + 0.1 * stratum
    outcome = 20.0 * stratum + rng.gamma(2, 10, n) + 7 * is_treated
    units = pa.table({"stratum": stratum, "is_treated": is_treated, "outcome": outcome})
    (row,) = compared(units, strata=["stratum"], outcome="outcome", kind="amount")
    treated_of = np.bincount(stratum, is_treated)
    controls_of = np.bincount(stratum, ~is_treated)
    weight = np.where(is_treated, 1, treated_of[stratum] / controls_of[stratum])
    design = np.column_stack([np.ones(n), is_treated])
    bread = np.linalg.inv(design.T @ (design * weight[:, None]))
    estimate = bread @ design.T @ (weight * outcome)
    residual = outcome - design @ estimate
    # HC0 is without the finite-sample factors n / (n - 1) of either side
    meat = design.T @ (design * (weight * residual)[:, None] ** 2)
    hc0 = np.sqrt((bread @ meat @ bread)[1, 1])
    assert row["difference"] == pytest.approx(estimate[1])
    assert row["standard_error"] == pytest.approx(hc0, rel=0.02)
    assert row["standard_error"] > hc0


def test_a_confounded_world_misleads_the_naive_difference_and_not_the_matched_one() -> None:
    """In 300 worlds the heavy buyers have things repaired, and buy again anyway; a repair adds .1."""
    rng = np.random.default_rng(20)
    worlds, people = 300, 600
    world = np.repeat(np.arange(worlds), people)
    heavy = rng.random(world.size) < 0.4
    recent = rng.random(world.size) < 0.5
    is_treated = rng.random(world.size) < np.where(heavy, 0.35, 0.08) + 0.1 * recent
    usual = np.where(heavy, 0.55, 0.15) + 0.15 * recent
    outcome = rng.random(world.size) < usual + 0.1 * is_treated
    units = pa.table(
        {
            "world": world,
            "heavy": heavy,
            "recent": recent,
            "is_treated": is_treated,
            "outcome": outcome,
        }
    )
    found = compared(units, strata=["heavy", "recent"], outcome="outcome", groups=["world"])
    assert len(found) == worlds
    matched = np.array([row["difference"] for row in found])
    crude = np.array([row["crude_difference"] for row in found])
    low = np.array([row["difference_low"] for row in found])
    high = np.array([row["difference_high"] for row in found])
    assert matched.mean() == pytest.approx(0.1, abs=0.01)
    assert crude.mean() > 0.2
    assert 0.93 <= ((low < 0.1) & (high > 0.1)).mean() <= 0.995
    assert ((low < crude) & (crude < high)).mean() < 0.9
    # the standard error tells how far estimates lie from each other, a little on the safe side
    errors = np.array([row["standard_error"] for row in found])
    assert 1 <= errors.mean() / matched.std(ddof=1) < 1.25


def test_a_null_stratum_is_a_category_and_a_null_outcome_no_row() -> None:
    units = rows(
        (None, True, [1, 1, None]),
        (None, False, [0, 1]),
        ("a", True, [0]),
    )
    (row,) = compared(units, strata=["stratum"], outcome="outcome")
    assert (row["treated_count"], row["matched_treated_count"], row["control_count"]) == (3, 2, 2)
    assert row["difference"] == pytest.approx(0.5)


def test_too_few_have_means_and_no_difference() -> None:
    units = rows(("a", True, [1]), ("a", False, [0, 1, 0, 1]))
    (row,) = compared(units, strata=["stratum"], outcome="outcome")
    assert (row["treated_mean"], row["matched_control_mean"]) == (1, 0.5)
    for column in ("difference", "relative_difference", "standard_error", "difference_low"):
        assert row[column] is None
    # five controls of whom one stands for nearly all are hardly more than one
    units = rows(
        ("a", True, [1] * 20), ("a", False, [0]), ("b", True, [1]), ("b", False, [0, 1, 0, 0])
    )
    (row,) = compared(units, strata=["stratum"], outcome="outcome")
    assert row["effective_control_count"] < 2
    assert row["difference"] is None


@pytest.mark.parametrize("kind", ["rate", "amount"])
def test_nothing_to_compare_is_a_row_of_nothing(kind: str) -> None:
    (row,) = compared(rows(), strata=["stratum"], outcome="outcome", kind=kind)
    assert row["treated_count"] == row["control_count"] == row["stratum_count"] == 0
    assert row["treated_mean"] is None
    (row,) = compared(
        rows(("a", True, [1, 0, 1]), ("b", False, [1, 0])),
        strata=["stratum"],
        outcome="outcome",
        kind=kind,
    )
    assert row["unmatched_treated_count"] == 3
    assert row["matched_control_mean"] is None
    assert (
        compared(rows(), strata=["stratum"], outcome="outcome", groups=["stratum"], kind=kind) == []
    )


def test_none_of_ten_against_none_of_ten_is_no_certainty() -> None:
    units = rows(("a", True, [0] * 10), ("a", False, [0] * 10))
    (row,) = compared(units, strata=["stratum"], outcome="outcome")
    assert row["difference"] == 0
    assert row["difference_low"] < -0.2
    assert row["difference_high"] > 0.2
    assert row["relative_difference"] is None
