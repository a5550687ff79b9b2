"""The intervals of macros/intervals.sql against scipy and against published examples."""

from __future__ import annotations

from pathlib import Path

import duckdb
import jinja2
import numpy as np
import pytest
from scipy import stats

MACROS = Path(__file__).parents[3] / "dbt_project" / "macros" / "intervals.sql"
INTERVALS = jinja2.Template(MACROS.read_text("utf-8")).module


def value(sql: str) -> float | None:
    with duckdb.connect() as connection:
        ((found,),) = connection.execute(f"select {sql}").fetchall()
    return None if found is None else float(found)


@pytest.mark.parametrize("freedom", [4, 7, 14.5, 60, 1e6])
def test_the_point_of_t_is_scipy_s(freedom: float) -> None:
    point = value(INTERVALS.t_975(f"{freedom}::double"))  # type: ignore[attr-defined]
    assert point == pytest.approx(stats.t.ppf(0.975, freedom), abs=2e-4)


@pytest.mark.parametrize(("n_1", "n_2"), [(5, 5), (6, 40), (374, 1159)])
def test_welch_s_interval_is_scipy_s(n_1: int, n_2: int) -> None:
    rng = np.random.default_rng(n_1)
    one, other = rng.integers(1, 6, n_1), rng.integers(2, 6, n_2)
    margin = value(
        INTERVALS.welch_margin(  # type: ignore[attr-defined]
            f"{one.var(ddof=1)}::double", n_1, f"{other.var(ddof=1)}::double", n_2
        )
    )
    peer = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    assert margin == pytest.approx((peer.high - peer.low) / 2, rel=2e-4)


def test_without_any_variance_there_is_no_welch_interval() -> None:
    assert value(INTERVALS.welch_margin("0.0", 9, "0.0", 9)) is None  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17, table II, method 10
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((10, 10, 0, 10), 0.6075, 1.0000),
    ],
)
def test_newcombe_s_interval_is_the_published_one(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    ends = [value(INTERVALS.newcombe_end(*counts, side)) for side in "-+"]  # type: ignore[attr-defined]
    assert ends == pytest.approx([low, high], abs=6e-5)


@pytest.mark.parametrize("counts", [(8, 16, 8, 64), (5, 900, 7, 4_000), (60, 61, 12, 400)])
def test_the_interval_of_a_ratio_of_shares_is_scipy_s(counts: tuple[int, int, int, int]) -> None:
    peer = stats.contingency.relative_risk(*counts).confidence_interval(0.95)
    found = [value(INTERVALS.log_ratio_end(*counts, side)) for side in "-+"]  # type: ignore[attr-defined]
    assert found == pytest.approx([peer.low, peer.high], rel=1e-6)


def test_a_ratio_over_nothing_has_no_interval() -> None:
    assert value(INTERVALS.log_ratio_end(5, 10, 0, 10, "-")) is None  # type: ignore[attr-defined]


@pytest.mark.parametrize(("count", "n"), [(0, 1), (1, 1), (7, 7), (0, 40), (3, 11), (500, 500)])
def test_wilson_s_ends_are_scipy_s_and_hold_the_share(count: int, n: int) -> None:
    low = value(INTERVALS.wilson_end(f"{count}::bigint", f"{n}::bigint", "-"))  # type: ignore[attr-defined]
    high = value(INTERVALS.wilson_end(f"{count}::bigint", f"{n}::bigint", "+"))  # type: ignore[attr-defined]
    peer = stats.binomtest(count, n).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((peer.low, peer.high), abs=1e-6)
    # a test of the gate compares them with the share to the last digit
    assert low is not None
    assert high is not None
    assert low <= count / n <= high


def test_wilson_s_interval_of_nobody_is_none() -> None:
    assert value(INTERVALS.wilson_end("0::bigint", "0::bigint", "+")) is None  # type: ignore[attr-defined]
